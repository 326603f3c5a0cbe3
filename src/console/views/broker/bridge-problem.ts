// Why a bridge is not connected: the system's code in the reader's words, with the broker's own sentence behind it.
// Pure.

/** `words` by the codes of the system; what bears none of them stays as it is. */
export function problemText(text: string, words: Readonly<Record<string, string>>): string {
  const code = /\bE[A-Z_]{4,}\b/.exec(text)?.[0]
  const told = code !== undefined && Object.hasOwn(words, code) ? words[code] : undefined
  return told === undefined ? text : `${told} (${text})`
}
