// The one Frame object of a reader, filled anew for each frame: a file of millions makes no millions of objects.
// Who keeps a frame takes a copy.

import type { CaptureInterface, Frame } from './frame.ts'

const NO_BYTES: Uint8Array = new Uint8Array(0)
const NO_COMMENTS: readonly string[] = []

export class CapturedFrame implements Frame {
  number = 0
  bytes: Uint8Array = NO_BYTES
  length = 0
  seconds = 0
  nanoseconds = 0
  hasTime = false
  interface: CaptureInterface
  interfaceId: number | null = null
  section = 1
  comments: readonly string[] = NO_COMMENTS
  flags: number | null = null

  constructor(where: CaptureInterface) {
    this.interface = where
  }

  /** What most frames have not. */
  clear(): void {
    this.interfaceId = null
    this.comments = NO_COMMENTS
    this.flags = null
  }
}

/** A copy that lives on. */
export function keptFrame(frame: Frame): Frame {
  const { number, bytes, length, seconds, nanoseconds, hasTime, interface: where, interfaceId, section, comments, flags } = frame
  return { number, bytes: new Uint8Array(bytes), length, seconds, nanoseconds, hasTime, interface: where, interfaceId, section, comments, flags }
}
