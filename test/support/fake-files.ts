// A file system in memory that forgets what a real one may forget: at a power cut, anything that was not synced, in any order and in pieces.
// It stops in the midst of its n-th operation, has a capacity, and can fail to sync.

import type { StoreFile, StoreFiles } from '../../src/store/files.ts'
import { JournalError } from '../../src/store/journal.ts'

/** What is written is lost or kept in pieces of this size. */
const BLOCK = 64

/** The machine has stopped; nothing works any more. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
}

interface Change {
  readonly at: number
  /** Null: the file becomes `at` bytes long. */
  readonly bytes: Uint8Array | null
}

class Inode {
  /** What programs see. */
  content: Uint8Array = new Uint8Array(0)
  /** What the disk has. */
  durable: Uint8Array = new Uint8Array(0)
  /** What happened since. */
  changes: Change[] = []

  copy(): Inode {
    const copy = new Inode()
    copy.content = this.content.slice()
    copy.durable = this.durable.slice()
    copy.changes = [...this.changes]
    return copy
  }
}

type Random = () => number

export class FakeFiles implements StoreFiles {
  /** Operations so far. */
  operations = 0
  /** The operation in whose midst everything stops. */
  stopAt: number = Number.POSITIVE_INFINITY
  /** Bytes that fit, of all files together. */
  capacity: number = Number.POSITIVE_INFINITY
  /** Syncs fail from now on. */
  isBroken = false
  isStopped = false
  readonly #random: Random
  #names = new Map<string, Inode>()
  #durableNames = new Map<string, Inode>()
  readonly #locks = new Set<string>()

  constructor(random: Random = () => 0.5) {
    this.#random = random
  }

  /** After a restart. `power`: of the machine, which loses what was not synced; else of the program, which loses nothing yet. */
  restarted(power: boolean): FakeFiles {
    const next = new FakeFiles(this.#random)
    const copies = new Map<Inode, Inode>()
    const copyOf = (inode: Inode): Inode => {
      const copy = copies.get(inode) ?? inode.copy()
      copies.set(inode, copy)
      return copy
    }
    for (const [name, inode] of this.#names) next.#names.set(name, copyOf(inode))
    for (const [name, inode] of this.#durableNames) next.#durableNames.set(name, copyOf(inode))
    if (power) next.#cutPower()
    return next
  }

  /** The bytes of a file as programs see them. */
  content(path: string): Uint8Array {
    return this.#get(path).content
  }

  /** Puts a file there, on the disk. */
  put(path: string, bytes: Uint8Array): void {
    const inode = new Inode()
    inode.content = bytes.slice()
    inode.durable = bytes.slice()
    this.#names.set(path, inode)
    this.#durableNames.set(path, inode)
  }

  async list(folder: string): Promise<readonly string[]> {
    this.#step()
    return [...this.#names.keys()].filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1))
  }

  async makeFolder(): Promise<void> {
    this.#step()
  }

  async open(path: string, how: 'create' | 'write' | 'read'): Promise<StoreFile> {
    this.#step()
    let inode = this.#names.get(path)
    if (how === 'create') {
      if (inode !== undefined) throw systemError('EEXIST', path)
      inode = new Inode()
      this.#names.set(path, inode)
    }
    if (inode === undefined) throw systemError('ENOENT', path)
    return new FakeFile(this, inode)
  }

  async unlink(path: string): Promise<void> {
    this.#step()
    if (!this.#names.delete(path)) throw systemError('ENOENT', path)
  }

  async rename(from: string, to: string): Promise<void> {
    this.#step()
    this.#names.set(to, this.#get(from))
    this.#names.delete(from)
  }

  async duplicate(from: string, to: string): Promise<void> {
    this.#step()
    if (this.#names.has(to)) throw systemError('EEXIST', to)
    this.#names.set(to, this.#get(from))
  }

  async syncFolder(): Promise<void> {
    this.#step()
    this.#durableNames = new Map(this.#names)
  }

  async lock(folder: string): Promise<() => Promise<void>> {
    if (this.#locks.has(folder)) throw new JournalError(`${folder} is in use`)
    this.#locks.add(folder)
    return async () => {
      this.#locks.delete(folder)
    }
  }

  write(inode: Inode, at: number, bytes: Uint8Array): void {
    let length = bytes.length
    const isLast = this.#count()
    if (isLast) length = Math.floor(this.#random() * (length + 1))
    const room = this.capacity - this.#usedBy(inode)
    const isFull = at + length > room
    if (isFull) length = Math.max(0, Math.floor(room - at))
    this.#put(inode, at, bytes.slice(0, length))
    if (isLast) throw new Stopped('in a write')
    if (isFull) throw systemError('ENOSPC', 'write')
  }

  resize(inode: Inode, size: number): void {
    this.#step()
    const content = new Uint8Array(size)
    content.set(inode.content.subarray(0, size))
    inode.content = content
    inode.changes.push({ at: size, bytes: null })
  }

  sync(inode: Inode): void {
    this.#step()
    if (this.isBroken) throw systemError('EIO', 'fdatasync')
    inode.durable = inode.content.slice()
    inode.changes = []
  }

  /** Counts an operation that nothing can tear. */
  #step(): void {
    if (this.#count()) throw new Stopped('between writes')
  }

  #count(): boolean {
    if (this.isStopped) throw new Stopped('long ago')
    this.operations++
    this.isStopped = this.operations >= this.stopAt
    return this.isStopped
  }

  /** Of all files but the zeros at their ends, without this one. */
  #usedBy(except: Inode): number {
    if (this.capacity === Number.POSITIVE_INFINITY) return 0
    let used = 0
    for (const inode of new Set(this.#names.values())) if (inode !== except) used += inode.content.findLastIndex((byte) => byte !== 0) + 1
    return used
  }

  #put(inode: Inode, at: number, bytes: Uint8Array): void {
    if (at + bytes.length > inode.content.length) {
      const longer = new Uint8Array(at + bytes.length)
      longer.set(inode.content)
      inode.content = longer
    }
    inode.content.set(bytes, at)
    inode.changes.push({ at, bytes })
  }

  #cutPower(): void {
    // each name that differs is there or not
    for (const name of new Set([...this.#names.keys(), ...this.#durableNames.keys()])) {
      const before = this.#durableNames.get(name)
      const after = this.#names.get(name)
      const survivor = before === after || this.#random() < 0.5 ? before : after
      if (survivor === undefined) this.#names.delete(name)
      else this.#names.set(name, survivor)
    }
    this.#durableNames = new Map(this.#names)
    for (const inode of new Set(this.#names.values())) {
      inode.content = this.#afterPowerCut(inode)
      inode.durable = inode.content.slice()
      inode.changes = []
    }
  }

  /** Each block of each change arrived or did not. Sometimes all did, sometimes none. */
  #afterPowerCut({ durable, changes }: Inode): Uint8Array {
    const luck = this.#random()
    const chance = luck < 0.2 ? 0 : luck > 0.8 ? 1 : 0.5
    let content = durable.slice()
    for (const { at, bytes } of changes) {
      if (bytes === null) {
        if (this.#random() >= chance) continue
        const resized = new Uint8Array(at)
        resized.set(content.subarray(0, at))
        content = resized
        continue
      }
      for (let from = 0; from < bytes.length; ) {
        const end = Math.min(bytes.length, from + BLOCK - ((at + from) % BLOCK))
        if (this.#random() < chance) {
          if (at + end > content.length) {
            const longer = new Uint8Array(at + end)
            longer.set(content)
            content = longer
          }
          content.set(bytes.subarray(from, end), at + from)
        }
        from = end
      }
    }
    return content
  }

  #get(path: string): Inode {
    const inode = this.#names.get(path)
    if (inode === undefined) throw systemError('ENOENT', path)
    return inode
  }
}

class FakeFile implements StoreFile {
  readonly #files: FakeFiles
  readonly #inode: Inode

  constructor(files: FakeFiles, inode: Inode) {
    this.#files = files
    this.#inode = inode
  }

  async size(): Promise<number> {
    return this.#inode.content.length
  }

  async read(at: number, into: Uint8Array): Promise<number> {
    if (this.#files.isStopped) throw new Stopped('long ago')
    const bytes = this.#inode.content.subarray(at, at + into.length)
    into.set(bytes)
    return bytes.length
  }

  async write(at: number, bytes: Uint8Array): Promise<void> {
    await Promise.resolve()
    this.#files.write(this.#inode, at, bytes)
  }

  writeNow(at: number, bytes: Uint8Array): void {
    this.#files.write(this.#inode, at, bytes)
  }

  async sync(): Promise<void> {
    await Promise.resolve()
    this.#files.sync(this.#inode)
  }

  async resize(size: number): Promise<void> {
    this.#files.resize(this.#inode, size)
  }

  async close(): Promise<void> {}
}

function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code })
}
