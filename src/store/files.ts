// The file system as the journal needs it, as a port: tests give one that loses, tears and reorders what was not synced.
// DiskFiles is the real one. Everything it makes is for its owner alone (0600, 0700).

import { type Dirent, fdatasync, ftruncate, writeSync } from 'node:fs'
import { copyFile, type FileHandle, link, mkdir, open, readdir, rename, unlink } from 'node:fs/promises'
import { takeLock } from './lock.ts'

export interface StoreFile {
  /** Bytes it has, preallocated ones included. */
  size(): Promise<number>
  /** Reads up to `into.length` bytes from `at` on; fewer only at the file's end. */
  read(at: number, into: Uint8Array): Promise<number>
  /** Writes all of it, or throws the system's error. */
  write(at: number, bytes: Uint8Array): Promise<void>
  /** The same before it returns: for writes that cost less than a thread switch. */
  writeNow(at: number, bytes: Uint8Array): void
  /** The content, and what is needed to find it, is on the disk: fdatasync. */
  sync(): Promise<void>
  /** Makes it `size` bytes long; what is new reads as zeros. */
  resize(size: number): Promise<void>
  close(): Promise<void>
}

export interface StoreFiles {
  /** Names in a folder; empty when it does not exist. */
  list(folder: string): Promise<readonly string[]>
  /** Makes the folder, 0700, and those above it. */
  makeFolder(folder: string): Promise<void>
  /** `create` fails when there is one. */
  open(path: string, how: 'create' | 'write' | 'read'): Promise<StoreFile>
  unlink(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** A second name for the same content, or a copy where the file system has none. */
  duplicate(from: string, to: string): Promise<void>
  /** Names made and removed in the folder are on the disk. */
  syncFolder(folder: string): Promise<void>
  /** Keeps other programs out of the folder until the returned function is called. Throws JournalError naming who is in. */
  lock(folder: string): Promise<() => Promise<void>>
}

/** Real files. */
export class DiskFiles implements StoreFiles {
  async list(folder: string): Promise<readonly string[]> {
    let entries: Dirent[]
    try {
      entries = await readdir(folder, { withFileTypes: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
  }

  async makeFolder(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  }

  async open(path: string, how: 'create' | 'write' | 'read'): Promise<StoreFile> {
    return new DiskFile(await open(path, how === 'create' ? 'wx+' : how === 'write' ? 'r+' : 'r', 0o600))
  }

  async unlink(path: string): Promise<void> {
    await unlink(path)
  }

  async rename(from: string, to: string): Promise<void> {
    await rename(from, to)
  }

  async duplicate(from: string, to: string): Promise<void> {
    try {
      await link(from, to)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error
      await copyFile(from, to)
      const handle = await open(to, 'r+')
      try {
        await handle.sync()
      } finally {
        await handle.close()
      }
    }
  }

  async syncFolder(folder: string): Promise<void> {
    if (process.platform === 'win32') return // folders cannot be opened there, and need not be
    const handle = await open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }

  async lock(folder: string): Promise<() => Promise<void>> {
    return await takeLock(folder)
  }
}

class DiskFile implements StoreFile {
  readonly #handle: FileHandle

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size
  }

  async read(at: number, into: Uint8Array): Promise<number> {
    let done = 0
    while (done < into.length) {
      const { bytesRead } = await this.#handle.read(into, done, into.length - done, at + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    return done
  }

  async write(at: number, bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) done += (await this.#handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten
  }

  writeNow(at: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#handle.fd, bytes, done, bytes.length - done, at + done)
  }

  async sync(): Promise<void> {
    await new Promise<void>((resolve, reject) => fdatasync(this.#handle.fd, (error) => (error === null ? resolve() : reject(error))))
  }

  async resize(size: number): Promise<void> {
    await new Promise<void>((resolve, reject) => ftruncate(this.#handle.fd, size, (error) => (error === null ? resolve() : reject(error))))
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

/** Whether an error says that there is no space, which may pass; others do not. */
export function isNoSpace(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code
  return code === 'ENOSPC' || code === 'EDQUOT'
}
