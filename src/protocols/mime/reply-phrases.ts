/**
 * What mail programs print around quoted history, by tongue. Where a program is named it is the one the phrase was taken from;
 * a phrase that several print alike has the first. Phrases are lower case unless case tells something.
 */

/** Phrases in one text, which keeps a table of many tongues short enough to be read. */
const words = (phrases: string): readonly string[] => phrases.split(" | ");

/** Words that an attribution begins with, in front of the date: Gmail, Apple Mail, Thunderbird, Yahoo; `at` is NetEase's. */
export const openings: readonly string[] = [
  ...words("on | at"),
  // German, Dutch, Swedish and Danish, Norwegian.
  ...words("am | op | den | på"),
  // French, Spanish, Portuguese, Italian, Romanian, Catalan.
  ...words("le | el | em | a | il | il giorno | în | pe data de | el dia"),
  // Polish (Thunderbird, Gmail; Onet, WP), Czech, Slovak, Slovene and Croatian, Hungarian.
  ...words("w dniu | dnia | dne | dňa | v | dana | ezt írta"),
  // Finnish days of Gmail, Turkish, Vietnamese, Indonesian, Greek.
  ...words("ma | ti | ke | to | pe | la | su | tarihinde | vào | vào lúc | pada | στις"),
  // Chinese of Apple Mail and NetEase.
  ...words("在 | 于 | 於"),
];

/** The verb of an attribution, in front of the name or behind it. */
export const verbs: readonly string[] = [
  ...words("wrote | writes | sent"),
  // Thunderbird, Gmail; Yahoo: "hat ... Folgendes geschrieben".
  ...words("schrieb | geschrieben"),
  ...words("a écrit | écrit | a ecrit"),
  ...words("escribió | escribio | escreveu | va escriure | ha scritto | scritto | a scris"),
  // Gmail; Apple Mail: "heeft ... het volgende geschreven".
  ...words("schreef | geschreven"),
  ...words("skrev | skrev følgende | skrev följande | kirjoitti"),
  ...words("napisał(a) | napisał | napisała | pisze"),
  ...words("napsal(a) | napsal | napsala | napísal(a) | napísal | je napisao | je napisao/la"),
  ...words("je napisala | írta"),
  ...words("пишет | написал(а) | написал | написала | писал | пише | написав | написа"),
  ...words("yazdı | yazmış | έγραψε | đã viết | menulis | כתב | كتب | rašė | rakstīja | kirjutas"),
];

/** The same where words are not spaced: Gmail, Apple Mail, Yahoo. */
export const unspacedVerbs: readonly string[] = [
  ...words(
    "写道 | 寫道 | のメッセージ | のメール | さんは書きました | が書き込みました | 작성 | 님이 작성 | 님이 씀",
  ),
];

/** Between dashes above history: Outlook, Outlook Express, Thunderbird, Samsung and AOL. */
export const originalMessage: readonly string[] = [
  ...words("original message | original appointment | reply message | original email"),
  ...words("ursprüngliche nachricht | originalnachricht | original-nachricht | antwort nachricht"),
  ...words("urspr. nachricht"),
  ...words("message d'origine | message d’origine | message original | courriel original"),
  ...words("mensaje original | mensagem original | messaggio originale | missatge original"),
  ...words("oorspronkelijk bericht | origineel bericht"),
  ...words("ursprungligt meddelande | originalmeddelande | oprindelig meddelelse | oprindelig besked"),
  ...words("opprinnelig melding"),
  ...words("alkuperäinen viesti | wiadomość oryginalna | oryginalna wiadomość | původní zpráva"),
  ...words("eredeti üzenet"),
  ...words("исходное сообщение | оригинальное сообщение | первоначальное сообщение"),
  ...words("оригінальне повідомлення"),
  ...words("özgün ileti | orijinal mesaj | orijinal ileti | αρχικό μήνυμα | mesaj original"),
  ...words("mesajul original"),
  ...words(
    "原始邮件 | 原始郵件 | 原邮件 | 元のメッセージ | オリジナル メッセージ | 원본 메시지 | 원본 메일 | 원본 이메일",
  ),
];

/** Stems of what stands above a forwarded mail: "Forwarded message", "Début du message réexpédié", ... */
export const forwardStems: readonly string[] = [
  ...words("forward | fwd message | weitergeleit | weiterleitung | transféré | transfere | transmis"),
  ...words("réexpédi | réacheminé"),
  ...words("reenvia | remitid | encaminha | inoltrat | reenviat | redirecționat"),
  ...words("transmis mai departe"),
  ...words("doorgestuur | vidarebefordra | vidaresän | videresend | edelleenlähet | välitetty"),
  ...words("lähetetty edelleen"),
  ...words("przekazan | przekazywan | przesłan | přeposlan | preposlan | továbbít | proslijeđen"),
  ...words("prosleđen"),
  ...words("пересла | пересыла | перенаправ | переадрес | переслан | iletil | yönlendiril | προωθ"),
  ...words("chuyển tiếp"),
  ...words("diteruskan | הועבר | تحويل | 転送 | 转发 | 轉寄 | 轉發 | 전달"),
];

const headerRoles = ["from", "date", "to", "subject", "other"] as const;
export type HeaderRole = (typeof headerRoles)[number];

/** Labels of the header block that Outlook and others put above history. */
const labels: Readonly<Record<HeaderRole, readonly string[]>> = {
  from: [
    ...words("from | von | absender | de | expéditeur | da | mittente | remitente | remetente | van"),
    ...words("afzender"),
    ...words("från | avsändare | fra | afsender | lähettäjä | od | nadawca | odesílatel | feladó"),
    ...words("de la"),
    ...words("от | от кого | отправитель | від | kimden | gönderen | από | từ | dari | מאת"),
    ...words("发件人 | 寄件者 | 寄件人 | 差出人 | 送信者 | 보낸 사람 | 보낸사람 | 발신인"),
  ],
  date: [
    ...words("date | sent | gesendet | gesendet am | datum | envoyé | envoyé le | date d'envoi"),
    ...words("message du | fecha"),
    ...words("enviado | enviado el | enviado em | enviada em | enviada | data | inviato | data invio"),
    ...words("verzonden"),
    ...words("skickat | sendt | dato | lähetetty | päivämäärä | päiväys | wysłano | wysłane"),
    ...words("data wysłania"),
    ...words("odesláno | elküldve | dátum | trimis | отправлено | дата | надіслано | gönderildi"),
    ...words("gönderilme tarihi"),
    ...words("gönderilen | gönderme tarihi | tarih | ημερομηνία | στάλθηκε | ngày | đã gửi | tanggal"),
    ...words("dikirim"),
    ...words(
      "发送时间 | 发送日期 | 日期 | 时间 | 寄件日期 | 傳送時間 | 送信日時 | 日時 | 日付 | 보낸 날짜 | 보낸날짜 | 날짜",
    ),
  ],
  to: [
    ...words("to | an | empfänger | à | a | destinataire | para | aan | till | til | vastaanottaja"),
    ...words("do | adresat"),
    ...words("komu | címzett | către | кому | получатель | kime | alıcı | προς | đến | kepada | אל"),
    ...words("收件人 | 收件者 | 宛先 | 받는 사람 | 받는사람 | 수신인"),
  ],
  subject: [
    ...words("subject | betreff | objet | sujet | asunto | assunto | oggetto | onderwerp | ämne | emne"),
    ...words("aihe"),
    ...words("temat | předmět | predmet | tárgy | subiect | тема | konu | θέμα | chủ đề | subjek"),
    ...words("נושא"),
    ...words("主题 | 主旨 | 件名 | 题目 | 제목"),
  ],
  other: [
    ...words("cc | bcc | kopie | kopie (cc) | copie | copie à | copia | cópia | kopia | kopi | dw"),
    ...words("udw"),
    ...words("копия | копія | bilgi | 抄送 | 副本 | 密送 | 참조 | kopio | másolat | en copie | con copia"),
    ...words("com cópia"),
    ...words("reply-to | reply to | antwort an | répondre à | responder a | rispondi a | antwoord aan"),
    ...words("svara till"),
    ...words("importance | priority | wichtigkeit | priorität | importancia | urgentie | важность"),
    ...words("önem | 重要性 | 重要度"),
    ...words("attachments | attachment | anlagen | anhänge | pièces jointes | datos adjuntos | anexos"),
    ...words("allegati"),
    ...words(
      "bijlagen | bilagor | załączniki | вложения | ekler | 附件 | 添付ファイル | 첨부 파일 | 첨부파일",
    ),
    ...words("when | where | wann | wo | sender | mailed-by | message-id | in-reply-to | organization"),
    ...words("list-id"),
  ],
};

const roles: ReadonlyMap<string, HeaderRole> = new Map(
  headerRoles.flatMap((role) => labels[role].map((label): [string, HeaderRole] => [label, role])),
);

/** What a label of a mail's header means, in any case and with blanks around it; undefined for another label. */
export const roleOf = (label: string): HeaderRole | undefined => roles.get(label.trim().toLowerCase());

/** What programs put in front of the subject of an answer. */
export const answerPrefixes: readonly string[] = [
  ...words("re | aw | antw | antwort | sv | vs | ré | rép | r | rif | res | resp | odp | ynt | atb"),
  ...words("vá"),
  ...words("на | отв | ha | bls | תשובה | رد | 回复 | 回覆 | 答复 | 答覆 | 返信 | 회신 | 답장 | απ | σχετ"),
];

/** ... and of a forward. */
export const forwardPrefixes: readonly string[] = [
  ...words("fwd | fw | wg | tr | rv | enc | i | inoltro | doorst | vb | vl | vs | pd | fs | ilt"),
  ...words("i̇lt | i̇let"),
  ...words("пересл | trs | 转发 | 轉寄 | 轉發 | 転送 | 전달 | továbbítás | προωθ | yönl | rtl | reenv"),
];

/** Lines that programs on phones and free services put under a mail begin or end with one of these ... */
export const sentFrom: readonly string[] = [
  ...words("sent from | von meinem | von meiner | gesendet von | envoyé de | envoyé depuis"),
  ...words("envoyé à partir de"),
  ...words("provenance | enviado desde | enviado do | enviado de | enviado a partir do"),
  ...words("enviado pelo"),
  ...words("inviato da | inviato dal | verstuurd vanaf | verzonden vanaf | skickat från | sendt fra"),
  ...words("lähetetty"),
  ...words(
    "wysłane z | wysłano z | отправлено с | отправлено из | 发自我的 | 发自 | 發自 | 從我的 | 来自我的",
  ),
  ...words("나의 | 내 | odesláno z | trimis de pe"),
];

export const sentFromEndings: readonly string[] = words(
  "gönderildi | から送信 | からの送信 | 에서 보냄 | 傳送",
);

/** ... and name one of these: without it they may be the sender's own ("Sent from Hamburg"). */
export const mailDevices: readonly string[] = [
  ...words("iphone | ipad | ipod | android | blackberry | samsung | galaxy | huawei | xiaomi | redmi"),
  ...words("nokia"),
  ...words("windows | smartphone | handy | mobile | phone | tablet | mobiltelefon | téléphone"),
  ...words("móvil | teléfono"),
  ...words("celular | cellulare | telefoon | dispositivo | appareil | telefonu | телефона | 手机 | 携帯"),
  ...words("휴대폰"),
];

/** The same with the name of a program behind it: a parcel is sent with a courier, too. */
export const sentWith: readonly string[] = [
  ...words("sent with | sent via | sent using | gesendet mit | envoyé avec | enviado con"),
  ...words("enviado com | inviato con"),
  ...words("verstuurd met | verzonden met | skickat med | sendt med | wysłane przez"),
  ...words("отправлено через"),
];

export const mailPrograms: readonly string[] = [
  ...words("mail | outlook | yahoo | aol | proton | gmx | web.de | yandex | typeapp | thunderbird"),
  ...words("zoho | courrier"),
];

/** What a legal footer begins with: nobody opens a paragraph of his own so. */
export const footers: readonly string[] = [
  ...words("confidentiality notice | confidentiality note: | disclaimer: this e | legal notice:"),
  ...words("this email and any attachments | this e-mail and any attachments"),
  ...words("this message and any attachments"),
  ...words("this email and any files | this e-mail and any files | this e-mail message is intended"),
  ...words("this email message is intended | this email is confidential"),
  ...words("this e-mail is confidential"),
  ...words("this message is confidential | this message contains confidential"),
  ...words("this email may contain confidential"),
  ...words("this e-mail may contain confidential | the information contained in this e"),
  ...words("the information in this email"),
  ...words("the information contained in this | this message (including any attachments"),
  ...words("this email has been scanned"),
  ...words("this message has been scanned | the contents of this email"),
  ...words("please consider the environment before printing"),
  ...words("diese e-mail enthält vertrauliche | diese nachricht enthält vertrauliche"),
  ...words("diese e-mail ist vertraulich"),
  ...words("der inhalt dieser e-mail | vertraulichkeitshinweis"),
  ...words("ce message et toutes les pièces | ce message et ses pièces | ce courriel et ses"),
  ...words("ce message est confidentiel"),
  ...words("avis de confidentialité | este mensaje y sus adjuntos | este mensaje y los archivos"),
  ...words("aviso legal"),
  ...words("aviso de confidencialidad | este correo electrónico y sus | esta mensagem e seus anexos"),
  ...words("esta mensagem pode conter"),
  ...words("aviso de confidencialidade | le informazioni contenute in questo"),
  ...words("questo messaggio e i suoi allegati"),
  ...words("questa e-mail e gli allegati | avviso di riservatezza | dit bericht kan"),
  ...words("dit bericht is uitsluitend"),
  ...words("deze e-mail en eventuele bijlagen | de informatie in dit"),
  ...words("detta meddelande är konfidentiellt"),
  ...words("detta e-postmeddelande | denne e-mail og | denne mail er fortrolig | niniejsza wiadomość"),
  ...words("treść tej wiadomości"),
  ...words("данное сообщение и любые | это сообщение и любые | настоящее сообщение предназначено"),
  ...words("bu e-posta ve ekleri | bu e-posta mesajı"),
  ...words(
    "このメールには機密 | 本メールに含まれる | 本邮件及其附件 | 本電子郵件及 | 본 메일은 | 이 메일은 지정된",
  ),
];
