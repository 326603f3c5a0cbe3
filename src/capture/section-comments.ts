// The comments of a pcapng file's first section header: what was said about the whole capture.
// Reads the beginning of a file and nothing else; pcapng.ts reads the packets.

import { BlockType, BYTE_ORDER_MAGIC } from './pcapng.ts'
import { eachOption, OptionCode, optionText } from './pcapng-options.ts'

const HEADER = 24

/** `head`: the first bytes of a file. Empty when it is no pcapng file, or its header is longer than that. */
export function sectionComments(head: Uint8Array): string[] {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  if (head.length < HEADER || view.getUint32(0) !== BlockType.SectionHeader) return []
  const littleEndian = view.getUint32(8) !== BYTE_ORDER_MAGIC
  if (view.getUint32(8, littleEndian) !== BYTE_ORDER_MAGIC) return []
  const length = view.getUint32(4, littleEndian)
  if (length > head.length || length < HEADER + 4) return []
  const comments: string[] = []
  eachOption(view, HEADER, length - 4, littleEndian, (code, at, size) => {
    if (code === OptionCode.Comment) comments.push(optionText(head, at, size))
  })
  return comments
}
