// A file of real bytes that is given back to the file system when it is full, so that acknowledgements and cleaning can still be journalled.
// Made again as soon as there is room.

import { join } from 'node:path'
import { isNoSpace, type StoreFiles } from './files.ts'

const NAME = 'ballast'
const PIECE = 1 << 20

export class Ballast {
  readonly #files: StoreFiles
  readonly #folder: string
  readonly #size: number
  /** It takes its space. */
  isThere = false

  constructor(files: StoreFiles, folder: string, size: number) {
    this.#files = files
    this.#folder = folder
    this.#size = size
  }

  /** Takes the space; false when there is none. Throws other errors of the system. */
  async make(): Promise<boolean> {
    if (this.isThere || this.#size === 0) return true
    const path = join(this.#folder, NAME)
    await this.drop()
    const file = await this.#files.open(path, 'create')
    try {
      const piece = new Uint8Array(Math.min(PIECE, this.#size)).fill(0x5a)
      for (let at = 0; at < this.#size; at += piece.length) await file.write(at, piece.subarray(0, Math.min(piece.length, this.#size - at)))
      await file.sync()
      this.isThere = true
    } catch (error) {
      if (!isNoSpace(error)) throw error
    } finally {
      await file.close()
      if (!this.isThere) await this.drop()
    }
    return this.isThere
  }

  /** Adopts the file of an earlier run, or makes it. */
  async open(): Promise<boolean> {
    if (this.#size > 0 && (await this.#files.list(this.#folder)).includes(NAME)) {
      const file = await this.#files.open(join(this.#folder, NAME), 'read')
      this.isThere = (await file.size()) >= this.#size
      await file.close()
    }
    return await this.make()
  }

  /** Gives the space back. */
  async drop(): Promise<void> {
    this.isThere = false
    await this.#files.unlink(join(this.#folder, NAME)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  }
}
