// Text from the network made harmless to look at: control characters and those that turn the direction of text become visible signs.
// What is shown is still text and nothing else; this only keeps it from lying about its order or hiding.

/** C0 and C1 controls, and the characters that change the direction of what follows or show nothing. */
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g
const LINE_ENDS = /[\t\n]/g

/** Line ends and tabs stay. */
export function visibleText(text: string): string {
  return text.replace(HIDDEN, (character) => {
    const code = character.charCodeAt(0)
    if (code < 0x20) return String.fromCharCode(0x2400 + code)
    if (code === 0x7f) return '\u2421'
    return `\u2039${code.toString(16).toUpperCase().padStart(4, '0')}\u203a`
  })
}

/** For names and lists: line ends and tabs become signs as well. */
export function visibleLine(text: string): string {
  return visibleText(text).replace(LINE_ENDS, (character) => (character === '\n' ? '\u240a' : '\u2409'))
}
