// The analyser as a library, wherever there is no file system: captures read and written as bytes, streams or the browser's files.
// `zanzara/capture` in browsers.

export { CaptureError } from '../capture/capture-error.ts'
export type { CaptureFormat } from '../capture/capture-writer.ts'
export type { CaptureInterface, Frame } from '../capture/frame.ts'
export { DecodeAsError } from '../dissect/decode-as.ts'
export { compileFilter, type Filter } from '../filter/filter.ts'
export { FilterError } from '../filter/filter-error.ts'
export { type FieldValue, KeptPacket, type PacketNode } from './kept-packet.ts'
export { type CaptureSource, type ReadCaptureOptions, readCapture } from './read-capture.ts'
export { captureBytes, type PacketSource, type WriteCaptureOptions } from './write-capture.ts'
