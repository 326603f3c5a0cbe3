// The payload of a CoAP message: a block of a body, or the whole of it, and what its Content-Format makes of it.
// Bodies are put together in coap-blocks.ts.

import { isError } from '../wire/coap/codes.ts'
import { OCTET_STREAM, TEXT_PLAIN } from '../wire/coap/content-formats.ts'
import type { Body } from './coap-blocks.ts'
import { COAP } from './coap-fields.ts'
import { coapMemoryOf, directionOf } from './coap-memory.ts'
import type { CoapMessage } from './coap-state.ts'
import type { DissectContext } from './context.ts'
import { addData } from './data.ts'
import { dissectMedia } from './media.ts'
import type { Walk } from './walk.ts'

/** Characters that Wireshark has room for. */
const MOST_TEXT = 79

export function dissectPayload(walk: Walk, message: CoapMessage): void {
  walk.byte(COAP.optEndMarker, message.row)
  const length = walk.left
  if (length === 0) return
  const { source, at } = walk
  if (message.block < 0) {
    walk.need(length)
    addPayload(walk.context!, message, source, at, length)
    return
  }
  const { rows } = walk
  const context = walk.context!
  const row = walk.run(COAP.blockPayload, length, message.row)
  if (context.demand.text(COAP.blockPayload)) rows.setText(row, 'Block Payload')
  rows.addGiven(COAP.blockLength, source, -1, 0, message.row, length)
  if (context.inError || context.conversation === null) return
  const bytes = walk.bytes.subarray(at, at + length)
  const body = coapMemoryOf(context).blocks.add(directionOf(context), context.frame.number, message.block, message.moreBlocks, bytes)
  if (body === null) return
  const whole = rows.addSource(body.bytes, 'Reassembled CoAP blocks')
  addBlocks(context, message, body, whole)
  if (body.isIllegal && context.demand.columns) context.columns.setInfo('[Illegal Block fragments]')
  addPayload(context, message, whole, 0, body.bytes.length)
}

function addPayload(context: DissectContext, message: CoapMessage, source: number, start: number, length: number): void {
  const { rows, demand } = context
  const byDefault = isError(message.code) ? TEXT_PLAIN : OCTET_STREAM
  const type = message.contentFormat ?? byDefault
  const format = message.contentFormat ?? `${byDefault} (no Content-Format)`
  const text = `Payload Content-Format: ${format}, Length: ${length}`.slice(0, MOST_TEXT)
  const row = rows.addGiven(COAP.payload, source, start, length, message.row, text)
  rows.addGiven(COAP.payloadDesc, source, start, 0, row, type)
  rows.addGiven(COAP.payloadLength, source, -1, 0, row, length)
  if (message.hasOscore) {
    if (demand.text(COAP.payload)) rows.setText(row, 'Encrypted OSCORE Data')
    addData(context, source, start, length)
  }
  const semicolon = type.indexOf(';')
  dissectMedia(context, semicolon < 0 ? type : type.slice(0, semicolon), source, start, length)
}

/** `3 Blocks (192 bytes): #18(64), #20(64), #22(64)` and a row for each. */
function addBlocks(context: DissectContext, message: CoapMessage, body: Body, source: number): void {
  const { rows, demand } = context
  const { blocks, bytes } = body
  const root = rows.add(COAP.blocks, source, 0, bytes.length, message.row)
  if (demand.text(COAP.blocks)) {
    const list = blocks.map((block) => `#${block.frame}(${block.bytes.length})`).join(', ')
    rows.setText(root, `${blocks.length} Block${blocks.length === 1 ? '' : 's'} (${bytesText(bytes.length)}): ${list}`)
  }
  for (const block of blocks) {
    const { start } = block
    const size = block.bytes.length
    const isBad = block.conflict || block.multipleTails || block.tooLong
    const row = rows.addGiven(isBad ? COAP.blockError : COAP.block, source, start, size, root, block.frame)
    if (demand.text(COAP.block)) rows.setText(row, `Frame: ${block.frame}, payload: ${start}-${start + size - 1} (${bytesText(size)})`)
    if (block.overlap) rows.addGiven(COAP.blockOverlap, source, -1, 0, row, 1)
    if (block.conflict) rows.addGiven(COAP.blockOverlapConflicts, source, -1, 0, row, 1)
    if (block.multipleTails) rows.addGiven(COAP.blockMultipleTails, source, -1, 0, row, 1)
    if (block.tooLong) rows.addGiven(COAP.blockTooLong, source, -1, 0, row, 1)
  }
  rows.addGiven(COAP.blockCount, source, -1, 0, root, blocks.length)
  rows.addGiven(COAP.blockReassembledLength, source, -1, 0, root, bytes.length)
}

function bytesText(count: number): string {
  return `${count} byte${count === 1 ? '' : 's'}`
}
