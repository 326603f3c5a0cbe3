// The OSCORE option [RFC 8613 6.1]: flags, Partial IV, key identifiers.
// Nothing is decrypted. The option's value:
//
//    0 1 2 3 4 5 6 7 <--------- n bytes -----------> <- 1 byte -> <---- s bytes ----->
//   |0 0 0|h|k|  n  |      Partial IV (if any)      |  s (if h)  | kid context (if h) | kid (if k)

import { COAP } from './coap-fields.ts'
import { keyText } from './coap-option-values.ts'
import type { CoapMessage } from './coap-state.ts'
import { addExpert, Group, Severity } from './expert.ts'
import type { Walk } from './walk.ts'

const RESERVED = 0xe0
const KID_CONTEXT = 0x10
const KID = 0x08
const PIV_LENGTH = 0x07

const NONE = new Uint8Array(0)

/** Returns the text of the option's line. Like Wireshark it trusts the flags beyond the option's end. */
export function dissectOscore(walk: Walk, message: CoapMessage, length: number, option: number): string {
  const { rows, bytes, source } = walk
  message.hasOscore = true
  if (length === 0) return '00 (no Flag Byte)'
  walk.need(1)
  const { at } = walk
  const end = at + length
  const flags = bytes[at]!
  rows.add(COAP.optObjectSecurityReserved, source, at, 1, option)
  rows.add(COAP.optObjectSecurityKidContextPresent, source, at, 1, option)
  rows.add(COAP.optObjectSecurityKidPresent, source, at, 1, option)
  rows.add(COAP.optObjectSecurityPivLen, source, at, 1, option)
  walk.at++
  if ((flags & RESERVED) !== 0) addExpert(walk.context!, option, COAP.optionOscoreBad, Severity.Warning, Group.Malformed, 'Unsupported format')
  const size = flags & PIV_LENGTH
  const piv = size === 0 ? NONE : passBytes(walk, COAP.optObjectSecurityPiv, size, option)
  let kidContext: Uint8Array = NONE
  if ((flags & KID_CONTEXT) !== 0) {
    const count = walk.byte(COAP.optObjectSecurityKidContextLen, option)
    kidContext = passBytes(walk, COAP.optObjectSecurityKidContext, count, option)
  }
  let kid: Uint8Array = NONE
  if ((flags & KID) !== 0) {
    if (walk.at > end) walk.fail()
    kid = passBytes(walk, COAP.optObjectSecurityKid, end - walk.at, option)
  }
  message.oscore = { kid: kid.slice(), kidContext: kidContext.slice(), piv: piv.slice() }
  return `Key ID:${keyText(kid)}, Key ID Context:${keyText(kidContext)}, Partial IV:${keyText(piv)}`
}

function passBytes(walk: Walk, field: number, count: number, parent: number): Uint8Array {
  const start = walk.at
  walk.run(field, count, parent)
  return walk.bytes.subarray(start, start + count)
}
