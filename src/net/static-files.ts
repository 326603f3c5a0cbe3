// Serves the files of one folder beside a WebSocket listener: for `onRequest`.
// Nothing outside the folder, also not by links, and no hidden files; what is not there is 404 and says nothing more.

import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, realpath } from 'node:fs/promises'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { extname, join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** A peer that takes nothing of a file for so long is cut. */
const STALL_MS = 30_000
const INDEX = 'index.html'

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.gif': 'image/gif',
  '.htm': 'text/html; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.xml': 'text/xml; charset=utf-8',
}

/** What is asked for: the names on the way, and whether a folder is meant. */
interface Wanted {
  readonly names: readonly string[]
  readonly isFolder: boolean
}

/** Answers GET and HEAD with the files below `folder`, which is looked up anew each time. Faults of the system are told to `onError`. */
export function staticFiles(folder: string, onError: (error: Error) => void = () => {}): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    answer(folder, request, response).catch((error: NodeJS.ErrnoException) => {
      if (response.headersSent || request.socket.destroyed)
        request.socket.destroy() // cut: half a file must not pass for a whole one
      else say(response, 500, 'The file cannot be read.')
      if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') onError(error)
    })
  }
}

async function answer(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return say(response, 405, 'Only GET and HEAD are answered here.', { Allow: 'GET, HEAD' })
  const wanted = parse(request.url ?? '/')
  if (wanted === null) return say(response, 404, 'Nothing is here.')
  const file = await openBelow(folder, wanted)
  if (file === null) return say(response, 404, 'Nothing is here.')
  try {
    const stats = await file.stat()
    if (stats.isDirectory()) return toFolder(response, wanted) // openBelow opens one only when its name lacks the slash
    if (!stats.isFile()) return say(response, 404, 'Nothing is here.')
    await send(file, stats, wanted, request, response)
  } finally {
    await file.close()
  }
}

/** Null for a path that names nothing we would serve: with empty, hidden or climbing names, or bytes that are no text. */
function parse(url: string): Wanted | null {
  const path = /^[^?#]*/.exec(url)![0]
  if (!path.startsWith('/')) return null
  let names: string[]
  try {
    names = path.slice(1).split('/').map(decodeURIComponent)
  } catch {
    return null
  }
  const isFolder = names.at(-1) === ''
  if (isFolder) names.pop()
  const isServed = (name: string): boolean =>
    name !== '' && !/[/\\\0]/.test(name) && (!name.startsWith('.') || name === '.well-known') && (sep === '/' || !name.includes(':'))
  return names.every(isServed) ? { names, isFolder } : null
}

/** Opens what is wanted, after all links are followed; null unless it then lies below the folder. */
async function openBelow(folder: string, { names, isFolder }: Wanted): Promise<FileHandle | null> {
  try {
    const root = await realpath(folder)
    const real = await realpath(join(root, ...names, ...(isFolder ? [INDEX] : [])))
    if (real !== root && !real.startsWith(root.endsWith(sep) ? root : root + sep)) return null
    // Without waiting for the writer of a pipe; no link may have taken the file's place since.
    return await open(real, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0))
  } catch (error) {
    if (MISSING.has((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}

/** What must look to the outside as if nothing were there. */
const MISSING: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM', 'ENAMETOOLONG', 'ENXIO', 'EISDIR'])

/** Relative links of a page need the slash. The address is made anew: of `//other.example` as asked, a browser would make another host. */
function toFolder(response: ServerResponse, { names }: Wanted): void {
  say(response, 301, 'The folder is one slash further.', { Location: `/${names.map(encodeURIComponent).join('/')}/` })
}

async function send(file: FileHandle, stats: Stats, { names, isFolder }: Wanted, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const tag = `"${stats.size.toString(16)}-${Math.floor(stats.mtimeMs * 1000).toString(16)}"`
  const headers = {
    ETag: tag,
    'Last-Modified': stats.mtime.toUTCString(),
    'Cache-Control': 'no-cache',
    'X-Content-Type-Options': 'nosniff',
  }
  if (isUnchanged(request, tag, stats)) {
    response.writeHead(304, headers).end()
    return
  }
  const name = isFolder ? INDEX : names.at(-1)!
  const type = TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream'
  response.writeHead(200, { ...headers, 'Content-Type': type, 'Content-Length': stats.size })
  if (request.method === 'HEAD' || stats.size === 0) {
    response.end()
    return
  }
  response.setTimeout(STALL_MS, () => request.socket.destroy())
  const content = file.createReadStream({ start: 0, end: stats.size - 1, autoClose: false })
  await pipeline(content, response)
  if (content.bytesRead < stats.size) request.socket.destroy() // it shrank meanwhile: the peer waits for the rest
}

/** RFC 9110, 13.1: the tag decides; the date only for who knows no tag. */
function isUnchanged({ headers }: IncomingMessage, tag: string, stats: Stats): boolean {
  const known = headers['if-none-match']
  if (known !== undefined) return known.trim() === '*' || known.split(',').some((each) => each.trim().replace(/^W\//, '') === tag)
  const since = Date.parse(headers['if-modified-since'] ?? '')
  return Math.floor(stats.mtimeMs / 1000) * 1000 <= since // NaN: never
}

function say(response: ServerResponse, status: number, sentence: string, headers: OutgoingHttpHeaders = {}): void {
  const body = `${sentence}\n`
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  })
  response.end(body) // Node leaves the body out for HEAD
}
