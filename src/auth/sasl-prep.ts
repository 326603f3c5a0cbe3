// SASLprep: makes user names and passwords comparable whatever keyboard they were typed on [RFC 4013, RFC 3454].
// Used by scram.ts and static-users.ts; a pure function without tables beyond the regular expressions.

/** Commonly mapped to nothing [RFC 3454, B.1]. */
const NOTHING = /[\u00ad\u034f\u1806\u180b-\u180d\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff]/gu
/** Non-ASCII spaces, mapped to a space [RFC 3454, C.1.2]. */
const SPACES = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/gu
/** Control, private use, non-character, surrogate, and unfit for plain text or for display [RFC 3454, C.2 to C.9]. */
const PROHIBITED =
  /[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\u0340\u0341\u06dd\u070f\u180e\u200c-\u200f\u2028-\u202e\u2060-\u2063\u206a-\u206f\u2ff0-\u2ffb\ufeff\ufff9-\ufffd\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]/u
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u
const LETTERS = /\p{L}/gu

/** The prepared text; null when it holds characters that no name or password may have, or nothing at all. */
export function saslPrep(text: string): string | null {
  const prepared = text.replace(SPACES, ' ').replace(NOTHING, '').normalize('NFKC')
  if (prepared.length === 0 || PROHIBITED.test(prepared)) return null
  return isBidirectionallySound(prepared) ? prepared : null
}

/** Right-to-left text holds no left-to-right letters, and begins and ends right-to-left [RFC 3454, section 6]. */
function isBidirectionallySound(text: string): boolean {
  if (!RIGHT_TO_LEFT.test(text)) return true
  const characters = [...text]
  if (!RIGHT_TO_LEFT.test(characters[0]!) || !RIGHT_TO_LEFT.test(characters[characters.length - 1]!)) return false
  return (text.match(LETTERS) ?? []).every((letter) => RIGHT_TO_LEFT.test(letter))
}
