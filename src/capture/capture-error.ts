// What is wrong with a capture file, and where.
// Frames before the place are good and have been given.

export class CaptureError extends Error {
  override readonly name = 'CaptureError'
  /** Bytes from the beginning of the (decompressed) file to the damage. */
  readonly offset: number
  /** The file ends within a frame: what it holds up to there is whole. */
  readonly isCut: boolean

  constructor(message: string, offset: number, isCut = false) {
    super(message)
    this.offset = offset
    this.isCut = isCut
  }
}
