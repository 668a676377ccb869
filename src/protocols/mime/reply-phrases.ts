/**
 * What mail programs print around quoted history, by tongue. Where a program is named it is the one the phrase was taken from;
 * a phrase that several print alike has the first. Phrases are lower case unless case tells something.
 */

/** Words that an attribution begins with, in front of the date: Gmail, Apple Mail, Thunderbird, Yahoo; `at` is NetEase's. */
export const openings: readonly string[] = [
  ...["on", "at"],
  // German, Dutch, Swedish and Danish, Norwegian.
  ...["am", "op", "den", "på"],
  // French, Spanish, Portuguese, Italian, Romanian, Catalan.
  ...["le", "el", "em", "a", "il", "il giorno", "în", "pe data de", "el dia"],
  // Polish (Thunderbird, Gmail; Onet, WP), Czech, Slovak, Slovene and Croatian, Hungarian.
  ...["w dniu", "dnia", "dne", "dňa", "v", "dana", "ezt írta"],
  // Finnish days of Gmail, Turkish, Vietnamese, Indonesian, Greek.
  ...["ma", "ti", "ke", "to", "pe", "la", "su", "tarihinde", "vào", "vào lúc", "pada", "στις"],
  // Chinese of Apple Mail and NetEase.
  ...["在", "于", "於"],
];

/** The verb of an attribution, in front of the name or behind it. */
export const verbs: readonly string[] = [
  ...["wrote", "writes", "sent"],
  // Thunderbird, Gmail; Yahoo: "hat ... Folgendes geschrieben".
  ...["schrieb", "geschrieben"],
  ...["a écrit", "écrit", "a ecrit"],
  ...["escribió", "escribio", "escreveu", "va escriure", "ha scritto", "scritto", "a scris"],
  // Gmail; Apple Mail: "heeft ... het volgende geschreven".
  ...["schreef", "geschreven"],
  ...["skrev", "skrev følgende", "skrev följande", "kirjoitti"],
  ...["napisał(a)", "napisał", "napisała", "pisze"],
  ...[
    "napsal(a)",
    "napsal",
    "napsala",
    "napísal(a)",
    "napísal",
    "je napisao",
    "je napisao/la",
    "je napisala",
    "írta",
  ],
  ...["пишет", "написал(а)", "написал", "написала", "писал", "пише", "написав", "написа"],
  ...["yazdı", "yazmış", "έγραψε", "đã viết", "menulis", "כתב", "كتب", "rašė", "rakstīja", "kirjutas"],
];

/** The same where words are not spaced: Gmail, Apple Mail, Yahoo. */
export const unspacedVerbs: readonly string[] = [
  ...[
    "写道",
    "寫道",
    "のメッセージ",
    "のメール",
    "さんは書きました",
    "が書き込みました",
    "작성",
    "님이 작성",
    "님이 씀",
  ],
];

/** Between dashes above history: Outlook, Outlook Express, Thunderbird, Samsung and AOL. */
export const originalMessage: readonly string[] = [
  ...["original message", "original appointment", "reply message", "original email"],
  ...[
    "ursprüngliche nachricht",
    "originalnachricht",
    "original-nachricht",
    "antwort nachricht",
    "urspr. nachricht",
  ],
  ...["message d'origine", "message d’origine", "message original", "courriel original"],
  ...["mensaje original", "mensagem original", "messaggio originale", "missatge original"],
  ...["oorspronkelijk bericht", "origineel bericht"],
  ...[
    "ursprungligt meddelande",
    "originalmeddelande",
    "oprindelig meddelelse",
    "oprindelig besked",
    "opprinnelig melding",
  ],
  ...[
    "alkuperäinen viesti",
    "wiadomość oryginalna",
    "oryginalna wiadomość",
    "původní zpráva",
    "eredeti üzenet",
  ],
  ...["исходное сообщение", "оригинальное сообщение", "первоначальное сообщение", "оригінальне повідомлення"],
  ...[
    "özgün ileti",
    "orijinal mesaj",
    "orijinal ileti",
    "αρχικό μήνυμα",
    "mesaj original",
    "mesajul original",
  ],
  ...[
    "原始邮件",
    "原始郵件",
    "原邮件",
    "元のメッセージ",
    "オリジナル メッセージ",
    "원본 메시지",
    "원본 메일",
    "원본 이메일",
  ],
];

/** Stems of what stands above a forwarded mail: "Forwarded message", "Début du message réexpédié", ... */
export const forwardStems: readonly string[] = [
  ...[
    "forward",
    "fwd message",
    "weitergeleit",
    "weiterleitung",
    "transféré",
    "transfere",
    "transmis",
    "réexpédi",
    "réacheminé",
  ],
  ...["reenvia", "remitid", "encaminha", "inoltrat", "reenviat", "redirecționat", "transmis mai departe"],
  ...[
    "doorgestuur",
    "vidarebefordra",
    "vidaresän",
    "videresend",
    "edelleenlähet",
    "välitetty",
    "lähetetty edelleen",
  ],
  ...[
    "przekazan",
    "przekazywan",
    "przesłan",
    "přeposlan",
    "preposlan",
    "továbbít",
    "proslijeđen",
    "prosleđen",
  ],
  ...[
    "пересла",
    "пересыла",
    "перенаправ",
    "переадрес",
    "переслан",
    "iletil",
    "yönlendiril",
    "προωθ",
    "chuyển tiếp",
  ],
  ...["diteruskan", "הועבר", "تحويل", "転送", "转发", "轉寄", "轉發", "전달"],
];

export type HeaderRole = "from" | "date" | "to" | "subject" | "other";

/** Labels of the header block that Outlook and others put above history. */
const labels: Readonly<Record<HeaderRole, readonly string[]>> = {
  from: [
    ...[
      "from",
      "von",
      "absender",
      "de",
      "expéditeur",
      "da",
      "mittente",
      "remitente",
      "remetente",
      "van",
      "afzender",
    ],
    ...[
      "från",
      "avsändare",
      "fra",
      "afsender",
      "lähettäjä",
      "od",
      "nadawca",
      "odesílatel",
      "feladó",
      "de la",
    ],
    ...["от", "от кого", "отправитель", "від", "kimden", "gönderen", "από", "từ", "dari", "מאת"],
    ...["发件人", "寄件者", "寄件人", "差出人", "送信者", "보낸 사람", "보낸사람", "발신인"],
  ],
  date: [
    ...[
      "date",
      "sent",
      "gesendet",
      "gesendet am",
      "datum",
      "envoyé",
      "envoyé le",
      "date d'envoi",
      "message du",
      "fecha",
    ],
    ...[
      "enviado",
      "enviado el",
      "enviado em",
      "enviada em",
      "enviada",
      "data",
      "inviato",
      "data invio",
      "verzonden",
    ],
    ...[
      "skickat",
      "sendt",
      "dato",
      "lähetetty",
      "päivämäärä",
      "päiväys",
      "wysłano",
      "wysłane",
      "data wysłania",
    ],
    ...[
      "odesláno",
      "elküldve",
      "dátum",
      "trimis",
      "отправлено",
      "дата",
      "надіслано",
      "gönderildi",
      "gönderilme tarihi",
    ],
    ...[
      "gönderilen",
      "gönderme tarihi",
      "tarih",
      "ημερομηνία",
      "στάλθηκε",
      "ngày",
      "đã gửi",
      "tanggal",
      "dikirim",
    ],
    ...[
      "发送时间",
      "发送日期",
      "日期",
      "时间",
      "寄件日期",
      "傳送時間",
      "送信日時",
      "日時",
      "日付",
      "보낸 날짜",
      "보낸날짜",
      "날짜",
    ],
  ],
  to: [
    ...[
      "to",
      "an",
      "empfänger",
      "à",
      "a",
      "destinataire",
      "para",
      "aan",
      "till",
      "til",
      "vastaanottaja",
      "do",
      "adresat",
    ],
    ...["komu", "címzett", "către", "кому", "получатель", "kime", "alıcı", "προς", "đến", "kepada", "אל"],
    ...["收件人", "收件者", "宛先", "받는 사람", "받는사람", "수신인"],
  ],
  subject: [
    ...[
      "subject",
      "betreff",
      "objet",
      "sujet",
      "asunto",
      "assunto",
      "oggetto",
      "onderwerp",
      "ämne",
      "emne",
      "aihe",
    ],
    ...[
      "temat",
      "předmět",
      "predmet",
      "tárgy",
      "subiect",
      "тема",
      "konu",
      "θέμα",
      "chủ đề",
      "subjek",
      "נושא",
    ],
    ...["主题", "主旨", "件名", "题目", "제목"],
  ],
  other: [
    ...[
      "cc",
      "bcc",
      "kopie",
      "kopie (cc)",
      "copie",
      "copie à",
      "copia",
      "cópia",
      "kopia",
      "kopi",
      "dw",
      "udw",
    ],
    ...[
      "копия",
      "копія",
      "bilgi",
      "抄送",
      "副本",
      "密送",
      "참조",
      "kopio",
      "másolat",
      "en copie",
      "con copia",
      "com cópia",
    ],
    ...[
      "reply-to",
      "reply to",
      "antwort an",
      "répondre à",
      "responder a",
      "rispondi a",
      "antwoord aan",
      "svara till",
    ],
    ...[
      "importance",
      "priority",
      "wichtigkeit",
      "priorität",
      "importancia",
      "urgentie",
      "важность",
      "önem",
      "重要性",
      "重要度",
    ],
    ...[
      "attachments",
      "attachment",
      "anlagen",
      "anhänge",
      "pièces jointes",
      "datos adjuntos",
      "anexos",
      "allegati",
    ],
    ...[
      "bijlagen",
      "bilagor",
      "załączniki",
      "вложения",
      "ekler",
      "附件",
      "添付ファイル",
      "첨부 파일",
      "첨부파일",
    ],
    ...[
      "when",
      "where",
      "wann",
      "wo",
      "sender",
      "mailed-by",
      "message-id",
      "in-reply-to",
      "organization",
      "list-id",
    ],
  ],
};

export const roleOfLabel: ReadonlyMap<string, HeaderRole> = new Map(
  Object.entries(labels).flatMap(([role, names]) =>
    names.map((name): [string, HeaderRole] => [name, roleNamed(role)]),
  ),
);

function roleNamed(name: string): HeaderRole {
  return name === "from" || name === "date" || name === "to" || name === "subject" ? name : "other";
}

/** What programs put in front of the subject of an answer. */
export const answerPrefixes: readonly string[] = [
  ...[
    "re",
    "aw",
    "antw",
    "antwort",
    "sv",
    "vs",
    "ré",
    "rép",
    "r",
    "rif",
    "res",
    "resp",
    "odp",
    "ynt",
    "atb",
    "vá",
  ],
  ...[
    "на",
    "отв",
    "ha",
    "bls",
    "תשובה",
    "رد",
    "回复",
    "回覆",
    "答复",
    "答覆",
    "返信",
    "회신",
    "답장",
    "απ",
    "σχετ",
  ],
];

/** ... and of a forward. */
export const forwardPrefixes: readonly string[] = [
  ...[
    "fwd",
    "fw",
    "wg",
    "tr",
    "rv",
    "enc",
    "i",
    "inoltro",
    "doorst",
    "vb",
    "vl",
    "vs",
    "pd",
    "fs",
    "ilt",
    "i̇lt",
    "i̇let",
  ],
  ...["пересл", "trs", "转发", "轉寄", "轉發", "転送", "전달", "továbbítás", "προωθ", "yönl", "rtl", "reenv"],
];

/** Lines that programs on phones and free services put under a mail begin or end with one of these ... */
export const sentFrom: readonly string[] = [
  ...[
    "sent from",
    "von meinem",
    "von meiner",
    "gesendet von",
    "envoyé de",
    "envoyé depuis",
    "envoyé à partir de",
  ],
  ...["provenance", "enviado desde", "enviado do", "enviado de", "enviado a partir do", "enviado pelo"],
  ...[
    "inviato da",
    "inviato dal",
    "verstuurd vanaf",
    "verzonden vanaf",
    "skickat från",
    "sendt fra",
    "lähetetty",
  ],
  ...[
    "wysłane z",
    "wysłano z",
    "отправлено с",
    "отправлено из",
    "发自我的",
    "发自",
    "發自",
    "從我的",
    "来自我的",
  ],
  ...["나의", "내", "odesláno z", "trimis de pe"],
];

export const sentFromEndings: readonly string[] = [
  "gönderildi",
  "から送信",
  "からの送信",
  "에서 보냄",
  "傳送",
];

/** ... and name one of these: without it they may be the sender's own ("Sent from Hamburg"). */
export const mailDevices: readonly string[] = [
  ...[
    "iphone",
    "ipad",
    "ipod",
    "android",
    "blackberry",
    "samsung",
    "galaxy",
    "huawei",
    "xiaomi",
    "redmi",
    "nokia",
  ],
  ...[
    "windows",
    "smartphone",
    "handy",
    "mobile",
    "phone",
    "tablet",
    "mobiltelefon",
    "téléphone",
    "móvil",
    "teléfono",
  ],
  ...[
    "celular",
    "cellulare",
    "telefoon",
    "dispositivo",
    "appareil",
    "telefonu",
    "телефона",
    "手机",
    "携帯",
    "휴대폰",
  ],
];

/** The same with the name of a program behind it: a parcel is sent with a courier, too. */
export const sentWith: readonly string[] = [
  ...[
    "sent with",
    "sent via",
    "sent using",
    "gesendet mit",
    "envoyé avec",
    "enviado con",
    "enviado com",
    "inviato con",
  ],
  ...["verstuurd met", "verzonden met", "skickat med", "sendt med", "wysłane przez", "отправлено через"],
];

export const mailPrograms: readonly string[] = [
  ...[
    "mail",
    "outlook",
    "yahoo",
    "aol",
    "proton",
    "gmx",
    "web.de",
    "yandex",
    "typeapp",
    "thunderbird",
    "zoho",
    "courrier",
  ],
];

/** What a legal footer begins with: nobody opens a paragraph of his own so. */
export const footers: readonly string[] = [
  ...["confidentiality notice", "confidentiality note:", "disclaimer: this e", "legal notice:"],
  ...[
    "this email and any attachments",
    "this e-mail and any attachments",
    "this message and any attachments",
  ],
  ...["this email and any files", "this e-mail and any files", "this e-mail message is intended"],
  ...["this email message is intended", "this email is confidential", "this e-mail is confidential"],
  ...[
    "this message is confidential",
    "this message contains confidential",
    "this email may contain confidential",
  ],
  ...[
    "this e-mail may contain confidential",
    "the information contained in this e",
    "the information in this email",
  ],
  ...[
    "the information contained in this",
    "this message (including any attachments",
    "this email has been scanned",
  ],
  ...[
    "this message has been scanned",
    "the contents of this email",
    "please consider the environment before printing",
  ],
  ...[
    "diese e-mail enthält vertrauliche",
    "diese nachricht enthält vertrauliche",
    "diese e-mail ist vertraulich",
  ],
  ...["der inhalt dieser e-mail", "vertraulichkeitshinweis"],
  ...[
    "ce message et toutes les pièces",
    "ce message et ses pièces",
    "ce courriel et ses",
    "ce message est confidentiel",
  ],
  ...["avis de confidentialité", "este mensaje y sus adjuntos", "este mensaje y los archivos", "aviso legal"],
  ...[
    "aviso de confidencialidad",
    "este correo electrónico y sus",
    "esta mensagem e seus anexos",
    "esta mensagem pode conter",
  ],
  ...[
    "aviso de confidencialidade",
    "le informazioni contenute in questo",
    "questo messaggio e i suoi allegati",
  ],
  ...[
    "questa e-mail e gli allegati",
    "avviso di riservatezza",
    "dit bericht kan",
    "dit bericht is uitsluitend",
  ],
  ...["deze e-mail en eventuele bijlagen", "de informatie in dit", "detta meddelande är konfidentiellt"],
  ...[
    "detta e-postmeddelande",
    "denne e-mail og",
    "denne mail er fortrolig",
    "niniejsza wiadomość",
    "treść tej wiadomości",
  ],
  ...[
    "данное сообщение и любые",
    "это сообщение и любые",
    "настоящее сообщение предназначено",
    "bu e-posta ve ekleri",
    "bu e-posta mesajı",
  ],
  ...[
    "このメールには機密",
    "本メールに含まれる",
    "本邮件及其附件",
    "本電子郵件及",
    "본 메일은",
    "이 메일은 지정된",
  ],
];
