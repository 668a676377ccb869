/** Words by which a sender says that the answers are below, in what is quoted. */

/** Characters of a note that says so; a longer text is an answer itself. */
const MAX_NOTE = 600;

const phrases: readonly RegExp[] = [
  /\b(?:see|please see|my|answers?|answered|repl(?:y|ies|ied)|comments?|responses?|notes?) (?:my )?(?:answers? |comments? |repl(?:y|ies) |responses? |notes? |in )?(?:are )?(?:below|inline|in-line|in line|in between|in (?:the|your) (?:text|mail|email|message)|in (?:red|blue|green|bold|caps))\b/i,
  /\b(?:siehe|s\.|antworten?|kommentare?|anmerkungen?) (?:\p{L}+ ){0,3}(?:unten|im text|in rot|in blau|in grün|inline)(?!\p{L})/iu,
  /(?:ci-dessous|dans le texte|en rouge|en bleu|plus bas)(?!\p{L})/iu,
  /(?:respuestas?|respondo|comentarios?|ver|respostas?|respondi|comentários?) (?:\p{L}+ ){0,3}(?:abajo|abaixo|en rojo|em vermelho|en azul|em azul|en línea)(?!\p{L})/iu,
  /(?:risposte?|rispondo|commenti|vedi) (?:\p{L}+ ){0,3}(?:sotto|in rosso|in blu|in linea)(?!\p{L})/iu,
  /(?:zie|antwoord(?:en)?|reacties?|opmerkingen) (?:\p{L}+ ){0,3}(?:hieronder|onder|in (?:het )?rood|in (?:het )?blauw|in de tekst)(?!\p{L})/iu,
  /(?:se|svar|kommentarer) (?:\p{L}+ ){0,3}(?:nedan|nedenfor|i rött|i blått|i texten)(?!\p{L})/iu,
  /(?:odpowiedzi|odpowiadam|komentarze|patrz) (?:\p{L}+ ){0,3}(?:poniżej|na czerwono|w tekście)(?!\p{L})/iu,
  /(?:ответы?|отвечаю|комментарии|см\.?) (?:\p{L}+ ){0,3}(?:ниже|в тексте|красным)(?!\p{L})/iu,
  /(?:cevap|yanıt|yorum)\p{L}* (?:\p{L}+ ){0,3}(?:aşağıda|kırmızı)/iu,
  /以下に(?:回答|返信|コメント)|(?:回答|返信|コメント)(?:は|を)(?:以下|下記)|下記に(?:回答|返信|記入)|(?:见|見)(?:下文|下方|红字|紅字)|(?:回复|回覆|答复)(?:如下|在下)|아래에? ?(?:답변|답장|회신)/u,
];

/** @param note the lines above the history */
export function answersBelow(note: readonly string[]): boolean {
  const text = note.join(" ");
  return text.length <= MAX_NOTE && phrases.some((phrase) => phrase.test(text));
}
