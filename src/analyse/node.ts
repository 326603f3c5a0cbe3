// The analyser as a library in Node: everything of the browser's, and files by their paths.
// `zanzara/capture`.

export { CaptureError } from '../capture/capture-error.ts'
export type { CaptureFormat } from '../capture/capture-writer.ts'
export type { CaptureInterface, Frame } from '../capture/frame.ts'
export { DecodeAsError } from '../dissect/decode-as.ts'
export { compileFilter, type Filter } from '../filter/filter.ts'
export { FilterError } from '../filter/filter-error.ts'
export { type FieldValue, KeptPacket, type PacketNode } from './kept-packet.ts'
export type { CaptureSource, ReadCaptureOptions } from './read-capture.ts'
export { readCapture } from './read-capture-file.ts'
export { captureBytes, type PacketSource, type WriteCaptureOptions } from './write-capture.ts'
export { writeCapture } from './write-capture-file.ts'
