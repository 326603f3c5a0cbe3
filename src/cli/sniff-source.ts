// Where the bytes of a capture come from: a file, standard input, or an interface.
// Faults of the system become sentences that name the file.

import { readFileSync } from 'node:fs'
import { CaptureError } from '../capture/capture-error.ts'
import { captureFile, captureStream } from '../capture/files.ts'
import { LiveCapture } from '../capture/live.ts'
import { type SniffSettings, SniffUsageError } from './sniff-arguments.ts'
import type { LiveSource } from './sniff-live.ts'
import type { Terminal } from './terminal.ts'

export interface SniffSource {
  readonly chunks: AsyncIterable<Uint8Array>
  /** Packets come as they happen: each is shown at once. */
  readonly isLive: boolean
  /** No more is wanted: a wait for more ends. */
  stop(): void
  /** Ends all; gives the number of packets that were lost, null where nobody counts. */
  close(): Promise<number | null>
}

/** A file that cannot be opened, read or written; the message names it. */
export class SniffFileError extends Error {
  override readonly name = 'SniffFileError'
}

/** @throws SniffUsageError when it is not said what to read; LiveError */
export async function openSource(settings: SniffSettings, io: Terminal): Promise<SniffSource> {
  const { read, interface: device, tap, relay, captureFilter, snapLength, promiscuous } = settings
  const given = [
    ['-r', read],
    ['-i', device],
    ['--tap', tap],
    ['--proxy', relay],
  ].filter(([, value]) => value !== null)
  if (given.length > 1) throw new SniffUsageError(`${given.map(([flag, value]) => `${flag} '${value}'`).join(' and ')}: give one of them`)
  if (read !== null) {
    if (captureFilter !== null) throw new SniffUsageError(`-f '${captureFilter}' is for capturing; a file is filtered with -Y`)
    return read === '-' ? inputSource(io) : fileSource(read)
  }
  if (tap !== null || relay !== null) return await unprivilegedSource(settings, io)
  if (device === null)
    throw new SniffUsageError('say what to read: -r FILE, -r - for standard input, -i INTERFACE to capture (-D lists interfaces), --tap or --proxy')
  return liveSource(new LiveCapture({ interface: device, filter: captureFilter, snapLength, promiscuous }))
}

function fileSource(path: string): SniffSource {
  return { chunks: namedFaults(captureFile(path), path), isLive: false, stop() {}, close: async () => null }
}

function inputSource(io: Terminal): SniffSource {
  return {
    chunks: namedFaults(captureStream(io.stdin), '-'),
    isLive: true,
    stop: () => io.stdin.close(),
    async close() {
      io.stdin.close()
      return null
    },
  }
}

/** --tap and --proxy. Where it records is said on standard error. */
async function unprivilegedSource({ tap, relay, insecure, quiet }: SniffSettings, io: Terminal): Promise<SniffSource> {
  const live = await import('./sniff-live.ts')
  const say = (text: string): void => io.stderr.write(`${text}\n`)
  const source = tap !== null ? await live.openTap(live.readTapWords(tap)) : await openRelay(live, relay!, insecure, say, io)
  if (!quiet) say(source.told)
  return {
    chunks: source.chunks,
    isLive: true,
    stop: () => source.stop(),
    async close() {
      source.stop()
      return null
    },
  }
}

async function openRelay(
  live: typeof import('./sniff-live.ts'),
  relay: string,
  insecure: boolean,
  say: (text: string) => void,
  io: Terminal,
): Promise<LiveSource> {
  const words = live.readRelayWords(relay)
  const isTls = words.listen.scheme === 'mqtts' || words.listen.scheme === 'wss'
  const tls = isTls ? (await (await import('./certs/dev-tls.ts')).devTls(io.env, { port: words.listen.port })).listener.tls! : null
  try {
    return await live.openRelay(words, { tls, insecure, onProblem: (problem) => say(`zanzara sniff: ${problem}`) })
  } catch (error) {
    throw new live.LiveSourceError(
      `--proxy '${relay}': cannot listen on port ${words.listen.port} (${(error as NodeJS.ErrnoException).code ?? (error as Error).message}); choose another one`,
    )
  }
}

function liveSource(capture: LiveCapture): SniffSource {
  let ended: ReturnType<LiveCapture['stop']> | null = null
  return {
    chunks: capture,
    isLive: true,
    stop() {
      ended ??= capture.stop()
    },
    async close() {
      return (await (ended ??= capture.stop())).dropped
    },
  }
}

/** The secrets of TLS sessions: the text of the file that --tls-keylog or -o names, null without. @throws SniffFileError */
export function keyLogOf({ keyLog, preferences }: SniffSettings): string | null {
  const path = keyLog ?? preferences.get('tls.keylog_file') ?? preferences.get('ssl.keylog_file') ?? ''
  if (path === '') return null
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw systemFault(error, path)
  }
}

async function* namedFaults(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks
  } catch (error) {
    throw error instanceof CaptureError ? error : systemFault(error, path)
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'you may not open it',
  EPERM: 'you may not open it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
}

/** An error of the system as a sentence about the file; other errors as they are. */
export function systemFault(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException
  return code === undefined ? error : new SniffFileError(`'${path}': ${REASONS[code] ?? code}`)
}
