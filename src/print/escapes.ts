// Control characters of values, made visible the ways tshark makes them: few in -T fields, all in the tree, as JSON in JSON.
// A terminal never gets a control character that came from the network.

const FIELD_ESCAPES: Readonly<Record<string, string>> = { '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' }
const TREE_ESCAPES: Readonly<Record<string, string>> = { ...FIELD_ESCAPES, '\u0007': '\\a', '\v': '\\v' }

/** As -T fields: only what would break lines and columns. Nothing else is changed, so that the text can be read back. */
export function fieldEscaped(text: string): string {
  return /[\b\f\n\r\t]/.test(text) ? text.replace(/[\b\f\n\r\t]/g, (found) => FIELD_ESCAPES[found]!) : text
}

/** As the tree: C escapes, octal for other ASCII controls, \u for the C1 ones. */
export function treeEscaped(text: string): string {
  return HAS_CONTROL.test(text) ? text.replace(CONTROLS, treeEscape) : text
}

const HAS_CONTROL = /\p{Cc}/u
const CONTROLS = /\p{Cc}/gu

function treeEscape(found: string): string {
  const known = TREE_ESCAPES[found]
  if (known !== undefined) return known
  const code = found.charCodeAt(0)
  return code < 0x80 ? `\\${code.toString(8).padStart(3, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}
