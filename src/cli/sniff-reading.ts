// A whole capture read once, every frame handed to somebody: what `sniff ask` and `sniff ladder` share.
// A file that was cut short is read as far as it goes, and said so.

import { CaptureAnalysis } from '../analyse/capture-analysis.ts'
import { CaptureError } from '../capture/capture-error.ts'
import { NodeTlsCrypto } from '../capture/tls-crypto-node.ts'
import type { Packet } from '../dissect/packet.ts'
import { compileFilter, type Filter } from '../filter/filter.ts'
import { readSniffArguments, type SniffSettings, SniffUsageError } from './sniff-arguments.ts'
import { keyLogOf, openSource } from './sniff-source.ts'
import type { Terminal } from './terminal.ts'

/** Words before the first flag, and what follows. */
export function splitWords(argv: readonly string[]): { readonly words: readonly string[]; readonly flags: readonly string[] } {
  const first = argv.findIndex((word) => word.startsWith('-') && word !== '-')
  return first < 0 ? { words: argv, flags: [] } : { words: argv.slice(0, first), flags: argv.slice(first) }
}

/** Takes `--name VALUE` (or `--name` alone) out of flags. @throws SniffUsageError when the value is missing */
export function takeFlag(flags: string[], name: string, hasValue: boolean): string | null {
  const at = flags.indexOf(name)
  if (at < 0) return null
  const taken = flags.splice(at, hasValue ? 2 : 1)
  if (hasValue && taken.length < 2) throw new SniffUsageError(`${name} needs a value`)
  return hasValue ? taken[1]! : ''
}

export class CaptureReading {
  readonly #settings: SniffSettings
  readonly #where: Filter | null
  readonly #io: Terminal

  /** `flags` are those of `zanzara sniff` that say how to read: -d, -o, --tls-keylog. @throws SniffUsageError, FilterError */
  constructor(file: string, where: string | null, flags: readonly string[], io: Terminal) {
    const settings = readSniffArguments(['-r', file, '--auto', ...flags])
    if (typeof settings === 'string') throw new SniffUsageError(`--${settings} stands alone`)
    this.#settings = settings
    this.#where = where === null || where.trim() === '' ? null : compileFilter(where)
    this.#io = io
  }

  /** Reads all. Returns a sentence when the file is damaged or cut, null when it is whole. @throws SniffFileError, CaptureError when nothing could be read */
  async read(fields: readonly string[], take: (packet: Packet, isAsked: boolean) => void): Promise<string | null> {
    const { auto, decodeAs, preferences } = this.#settings
    const where = this.#where
    const analysis = new CaptureAnalysis({
      auto,
      decodeAs,
      preferences,
      keyLog: keyLogOf(this.#settings),
      tlsCrypto: new NodeTlsCrypto(),
      fields: [...fields, ...(where?.fields ?? [])],
      columns: false,
    })
    const source = await openSource(this.#settings, this.#io)
    const pull = (): void => {
      for (let packet = analysis.next(); packet !== null; packet = analysis.next()) take(packet, where === null || where.test(packet))
    }
    try {
      for await (const chunk of source.chunks) {
        analysis.push(chunk)
        pull()
      }
      analysis.end()
      pull()
      return null
    } catch (error) {
      if (!(error instanceof CaptureError) || analysis.frames === 0) throw error
      return `${error.message} (after ${analysis.frames} frames)`
    } finally {
      await source.close()
    }
  }
}
