// The built console as the browser gets it: read once, compressed once, hashed names kept for ever, the page itself asked for each time.
// Nothing is read from the disk afterwards: a broker that has given up root can still serve it.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, sep } from 'node:path'
import { brotliCompressSync, gzipSync, constants as zlib } from 'node:zlib'

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}
/** What does not get smaller. */
const COMPRESSED: ReadonlySet<string> = new Set(['.png', '.woff2', '.ico'])
/** Smaller files gain nothing. */
const WORTH_COMPRESSING = 1024

/**
 * Scripts and styles of our own only, connections to brokers anywhere, since this page is a client of any broker. Payloads that are pictures come
 * as data or blob.
 */
export const CONSOLE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self' ws: wss:; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

type Encoding = 'br' | 'gzip' | null

interface ConsoleFile {
  readonly type: string
  readonly tag: string
  /** Its name changes with its content. */
  readonly isHashed: boolean
  readonly bytes: Uint8Array
  readonly packed: Map<'br' | 'gzip', Uint8Array> | null
}

export interface FileAnswer {
  readonly status: 200 | 304
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | null
}

export class ConsoleFiles {
  readonly #files = new Map<string, ConsoleFile>()

  /** Everything below `folder`; nothing when it is not there. */
  constructor(folder: string) {
    let names: string[]
    try {
      names = readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
        .map((entry) => join(entry.parentPath, entry.name))
    } catch {
      return // not built
    }
    for (const name of names) this.#add(name.slice(folder.length).split(sep).filter(Boolean).join('/'), readFileSync(name))
  }

  get isBuilt(): boolean {
    return this.#files.has('index.html')
  }

  /** Null when there is no such file. `path` begins with a slash. */
  answer(path: string, headers: { get(name: string): string | null }): FileAnswer | null {
    const name = path === '/' ? 'index.html' : path.slice(1)
    const file = this.#files.get(name)
    if (file === undefined) return null
    const told: Record<string, string> = {
      'Content-Type': file.type,
      ETag: file.tag,
      'Cache-Control': file.isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      ...(file.packed === null ? {} : { Vary: 'Accept-Encoding' }),
    }
    if ((headers.get('if-none-match') ?? '').split(',').some((tag) => tag.trim().replace(/^W\//, '') === file.tag))
      return { status: 304, headers: told, body: null }
    const encoding = encodingFor(file, headers.get('accept-encoding') ?? '')
    if (encoding === null) return { status: 200, headers: told, body: file.bytes }
    return { status: 200, headers: { ...told, 'Content-Encoding': encoding }, body: packed(file, encoding) }
  }

  #add(name: string, bytes: Uint8Array): void {
    const extension = extname(name).toLowerCase()
    this.#files.set(name, {
      type: TYPES[extension] ?? 'application/octet-stream',
      tag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
      isHashed: name.startsWith('assets/'),
      bytes,
      packed: bytes.length < WORTH_COMPRESSING || COMPRESSED.has(extension) ? null : new Map(),
    })
  }
}

/** The best of those that the browser takes. */
function encodingFor({ packed: kept }: ConsoleFile, accepted: string): Encoding {
  if (kept === null) return null
  const takes = (name: string): boolean => accepted.split(',').some((each) => new RegExp(`^\\s*${name}\\s*(?:;\\s*q=(?!0(?:\\.0*)?\\s*$).*)?$`, 'i').test(each))
  return takes('br') ? 'br' : takes('gzip') ? 'gzip' : null
}

/** Made when it is first asked for, and kept. */
function packed(file: ConsoleFile, encoding: 'br' | 'gzip'): Uint8Array {
  const kept = file.packed!
  let bytes = kept.get(encoding)
  if (bytes === undefined) {
    bytes = encoding === 'gzip' ? gzipSync(file.bytes) : brotliCompressSync(file.bytes, { params: { [zlib.BROTLI_PARAM_QUALITY]: 5 } })
    kept.set(encoding, bytes)
  }
  return bytes
}
