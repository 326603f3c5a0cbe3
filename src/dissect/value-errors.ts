// Notes about values that are not what their field's type says: a text with more behind its NUL, a number with too many bytes or none.
// Looked for only when someone reads notes; value.ts reads such values as Wireshark does.

import type { DissectContext } from './context.ts'
import { addExpert, EXPERT, Group, Severity } from './expert.ts'
import { defineProtocol, type ProtocolFields } from './field.ts'
import { textAt } from './value.ts'

export const STRING_ERRORS: ProtocolFields<'trailingStrayCharacters'> = defineProtocol(
  { name: '_ws.string', label: 'String Errors' },
  { trailingStrayCharacters: { name: '_ws.string.trailing_stray_characters', label: 'Trailing stray characters', type: 'none' } },
)

export const TYPE_LENGTH: ProtocolFields<'mismatch'> = defineProtocol(
  { name: '_ws.type_length', label: 'Type Length Mismatch' },
  { mismatch: { name: '_ws.type_length.mismatch', label: 'Trying to fetch X with length Y', type: 'none' } },
)

const ENCODER = new TextEncoder()

/** The note on a row of text that lies in the bytes; `decode` is what the text is read by. */
export function noteStrayCharacters(context: DissectContext, row: number, decode: typeof textAt = textAt): void {
  const { demand, rows } = context
  if (!demand.has(EXPERT.protocol) && !demand.has(STRING_ERRORS.protocol)) return
  const start = rows.start[row]!
  const end = start + rows.length[row]!
  const bytes = rows.sources[rows.source[row]!]!
  const nul = bytes.subarray(start, end).indexOf(0)
  if (nul < 0) return
  // Wireshark looks for them in the decoded text, in which a wrong byte has become three, but no further than the bytes went.
  let left = end - start - ENCODER.encode(decode(bytes, start, nul)).length
  for (let at = start + nul; at < end && left > 0; at++) {
    if (bytes[at] === 0) {
      left--
      continue
    }
    addExpert(context, row, STRING_ERRORS.trailingStrayCharacters, Severity.Warning, Group.Undecoded, 'Trailing stray characters')
    return
  }
}

/** The note on the parent of a number that has `length` bytes. */
export function noteNumberLength(context: DissectContext, parent: number, length: number): void {
  const message = `Trying to fetch an unsigned integer with length ${length}`
  addExpert(context, parent, TYPE_LENGTH.mismatch, length === 0 ? Severity.Error : Severity.Warning, Group.Malformed, message)
}
