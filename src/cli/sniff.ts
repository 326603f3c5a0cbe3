// `zanzara sniff`: a capture read or made, filtered, printed, written and counted. tshark's flags and exit codes.
// What each part does is in its own file; here they are joined and their faults become sentences.

import { isatty } from 'node:tty'
import { QuestionError } from '../analyse/ask/question.ts'
import { CaptureAnalysis } from '../analyse/capture-analysis.ts'
import { CaptureError } from '../capture/capture-error.ts'
import { captureDevices, LiveError } from '../capture/live.ts'
import { NodeTlsCrypto } from '../capture/tls-crypto-node.ts'
import type { Packet } from '../dissect/packet.ts'
import { FilterError } from '../filter/filter-error.ts'
import { TextOutput } from '../print/text-output.ts'
import { SniffExitCode } from './exit-codes.ts'
import { readSniffArguments, type SniffSettings, SniffUsageError } from './sniff-arguments.ts'
import { CaptureFileWriter } from './sniff-file.ts'
import { LiveSourceError } from './sniff-live.ts'
import { SNIFF_HELP } from './sniff-options.ts'
import { preparedOutput } from './sniff-output.ts'
import { fieldReport } from './sniff-report.ts'
import { keyLogOf, openSource, SniffFileError, type SniffSource } from './sniff-source.ts'
import type { Terminal } from './terminal.ts'

/** Output after which we let it go out before making more. */
const PIECE = 1 << 20

/** Runs the command; returns its exit code. `isTty` says whether standard output is a terminal. */
export async function runSniff(argv: readonly string[], io: Terminal, isTty: boolean = isatty(1)): Promise<number> {
  let filter = ''
  try {
    if (argv[0] === 'ask') return await (await import('./sniff-ask.ts')).runAsk(argv.slice(1), io)
    if (argv[0] === 'ladder') return await (await import('./sniff-ladder.ts')).runLadder(argv.slice(1), io)
    const settings = readSniffArguments(argv)
    if (settings === 'help') return await say(io, SNIFF_HELP)
    if (settings === 'version') return await say(io, `zanzara version ${(await import('../server/package-version.ts')).packageVersion()}\n`)
    if (settings.listInterfaces) return await say(io, await interfaceList())
    if (settings.report !== null) return await say(io, fieldReport(settings.report))
    filter = settings.filter ?? ''
    return await new Sniffer(settings, io, isTty).run()
  } catch (error) {
    return await explain(error, filter, io)
  }
}

/** One run. */
class Sniffer {
  readonly #settings: SniffSettings
  readonly #io: Terminal
  readonly #out: TextOutput
  readonly #output: ReturnType<typeof preparedOutput>
  readonly #analysis: CaptureAnalysis
  #source: SniffSource | null = null
  #writer: CaptureFileWriter | null = null
  #written = 0
  #stopped = false

  constructor(settings: SniffSettings, io: Terminal, isTty: boolean) {
    this.#settings = settings
    this.#io = io
    this.#output = preparedOutput(settings, io, isTty)
    const { needs } = this.#output
    this.#analysis = new CaptureAnalysis({
      filter: settings.filter,
      auto: settings.auto,
      decodeAs: settings.decodeAs,
      preferences: settings.preferences,
      keyLog: keyLogOf(settings),
      tlsCrypto: new NodeTlsCrypto(),
      fields: needs.names,
      printed: needs.printed,
      columns: needs.columns,
    })
    this.#analysis.mostFrames = settings.mostFrames
    this.#out = new TextOutput((bytes) => {
      this.#written += bytes.length
      io.stdout.write(bytes)
    })
  }

  async run(): Promise<number> {
    const { printers, statistics, onFrame } = this.#output
    const forget = this.#io.onSignal(() => this.#stop())
    this.#io.stdout.onClosed(() => this.#stop())
    const { durationSeconds } = this.#settings
    const timer = durationSeconds === Number.POSITIVE_INFINITY ? null : setTimeout(() => this.#stop(), durationSeconds * 1000)
    this.#analysis.onFrame = onFrame
    if (statistics.length > 0) this.#analysis.onPacket = (packet) => this.#count(packet)
    let fault: unknown = null
    try {
      this.#writer = this.#settings.write === null ? null : new CaptureFileWriter(this.#settings.write, this.#settings.format, this.#io)
      if (this.#writer !== null) this.#analysis.onSecrets = (secrets) => this.#writer!.write(secrets)
      for (const printer of printers) printer.begin(this.#out)
      await this.#read()
    } catch (error) {
      fault = error
    } finally {
      forget()
      if (timer !== null) clearTimeout(timer)
    }
    for (const printer of printers) printer.end(this.#out)
    for (const counted of statistics) counted.print(this.#out)
    this.#out.flush()
    this.#writer?.finish()
    await this.#io.stdout.flush()
    const dropped = (await this.#source?.close()) ?? null
    if (dropped !== null && dropped > 0) this.#io.stderr.write(`zanzara sniff: ${dropped} packets came too fast and were not captured\n`)
    if (fault !== null) throw fault
    return SniffExitCode.Success
  }

  async #read(): Promise<void> {
    const analysis = this.#analysis
    const source = await openSource(this.#settings, this.#io)
    this.#source = source
    for await (const chunk of source.chunks) {
      if (this.#stopped) return
      analysis.push(chunk)
      await this.#packets()
      if (source.isLive) this.#out.flush()
      if (this.#stopped || analysis.frames >= analysis.mostFrames) return
      await new Promise(setImmediate) // signals and closed pipes are heard between pieces
    }
    if (this.#stopped) return
    analysis.end()
    await this.#packets()
  }

  async #packets(): Promise<void> {
    const analysis = this.#analysis
    const { printers } = this.#output
    const { perPacket } = this.#settings
    const out = this.#out
    for (let packet = analysis.next(); packet !== null && !this.#stopped; packet = analysis.next()) {
      for (let i = 0; i < printers.length; i++) printers[i]!.packet(packet, out)
      if (this.#writer !== null) this.#save(packet)
      if (perPacket) out.flush()
      if (this.#written >= PIECE) {
        this.#written = 0
        await this.#io.stdout.flush()
      }
    }
  }

  #save({ frame }: Packet): void {
    const writer = this.#writer!
    writer.write(frame)
    if (writer.bytes >= this.#settings.mostBytes) this.#stop()
  }

  #count(packet: Packet): void {
    const { statistics } = this.#output
    for (let i = 0; i < statistics.length; i++) statistics[i]!.packet(packet)
  }

  /** Ends the reading; what was gathered is still printed. */
  #stop(): void {
    this.#stopped = true
    this.#source?.stop()
  }
}

async function interfaceList(): Promise<string> {
  const devices = await captureDevices()
  return devices.map(({ name, description }, i) => `${i + 1}. ${name}${description === null ? '' : ` (${description})`}\n`).join('')
}

async function say(io: Terminal, text: string): Promise<number> {
  io.stdout.write(text)
  await io.stdout.flush()
  return SniffExitCode.Success
}

/** The fault as a sentence on standard error, and its exit code. */
async function explain(error: unknown, filter: string, io: Terminal): Promise<number> {
  const [code, text] = sentence(error, filter)
  io.stderr.write(text)
  await io.stderr.flush()
  return code
}

function sentence(error: unknown, filter: string): [number, string] {
  if (error instanceof SniffUsageError || error instanceof QuestionError)
    return [SniffExitCode.Usage, `zanzara sniff: ${error.message}\n\nUse 'zanzara sniff --help' to see usage.\n`]
  if (error instanceof FilterError) return [SniffExitCode.Failure, `zanzara sniff: ${error.message}\n${error.pointAt(filter)}\n`]
  if (error instanceof CaptureError || error instanceof LiveError || error instanceof LiveSourceError || error instanceof SniffFileError)
    return [SniffExitCode.Failure, `zanzara sniff: ${error.message}\n`]
  throw error
}
