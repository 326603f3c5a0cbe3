// -w: the packets that pass the filter as a capture file, or on standard output.
// Written in pieces, synchronously: packets are borrowed.

import { closeSync, openSync, writeSync } from 'node:fs'
import { type CaptureFormat, type CaptureWriter, captureWriter } from '../capture/capture-writer.ts'
import { type CaptureItem, CUSTOM_BLOCK, isFrame } from '../capture/frame.ts'
import { TextOutput } from '../print/text-output.ts'
import { systemFault } from './sniff-source.ts'
import type { Terminal } from './terminal.ts'

export class CaptureFileWriter {
  readonly #path: string
  readonly #writer: CaptureWriter
  readonly #buffer: TextOutput
  readonly #descriptor: number | null
  /** Bytes written so far. */
  bytes = 0

  /** `-` = standard output. @throws SniffFileError */
  constructor(path: string, format: CaptureFormat, io: Terminal) {
    this.#path = path
    this.#descriptor = path === '-' ? null : this.#guarded(() => openSync(path, 'w'))
    this.#buffer = new TextOutput((bytes) => this.#send(bytes, io))
    this.#writer = captureWriter(
      format,
      (bytes) => {
        this.bytes += bytes.length
        this.#buffer.copy(bytes, 0, bytes.length)
      },
      'zanzara sniff',
    )
  }

  /** @throws SniffFileError, CaptureError */
  write(item: CaptureItem): void {
    if (isFrame(item) && item.interface.linkType === CUSTOM_BLOCK) return // private data of another program: its maker alone can say if it may be copied
    this.#writer.write(item)
    if (this.#descriptor === null) this.#buffer.flush()
  }

  finish(): void {
    this.#writer.finish()
    this.#buffer.flush()
    if (this.#descriptor !== null) this.#guarded(() => closeSync(this.#descriptor!))
  }

  #send(bytes: Uint8Array, io: Terminal): void {
    if (this.#descriptor === null) {
      io.stdout.write(bytes)
      return
    }
    for (let at = 0; at < bytes.length; ) at += this.#guarded(() => writeSync(this.#descriptor!, bytes, at))
  }

  #guarded<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw systemFault(error, this.#path)
    }
  }
}
