// What passes a port of the loopback interface, captured by tcpdump and read by tshark.
// Only what Wireshark's own dissector says is used here; nothing of ours decodes a byte.

import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const PATIENCE_MS = 5000
/** Wireshark's number for the expert group Sequence. */
const SEQUENCE = 0x02000000

/** Whether this user may capture on the loopback interface. */
export function mayCapture(tcpdump: string): boolean {
  return spawnSync(tcpdump, ['-i', 'lo', '-d']).status === 0
}

/** A frame that holds at least the end of one Control Packet. */
export interface MqttFrame {
  /** The client's port. */
  readonly client: number
  readonly fromClient: boolean
  /** Wireshark's Info column: one entry per Control Packet. */
  readonly info: string
  /** What it complains about in this frame, TCP's remarks included. */
  readonly experts: readonly string[]
  /** False when segments before it are missing in the capture or out of order. */
  readonly isCapturedWell: boolean
  /** Values of the fields asked for, by name; one per occurrence. */
  readonly values: Readonly<Record<string, readonly string[]>>
}

export class Capture {
  readonly #port: number
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'zanzara-capture-'))
  readonly #child: ChildProcess

  private constructor(tcpdump: string, port: number) {
    this.#port = port
    this.#child = spawn(tcpdump, ['-i', 'lo', '-Z', 'root', '--immediate-mode', '-U', '-B', '8192', '-w', this.#file, 'tcp', 'port', String(port)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
  }

  /** Starts tcpdump and returns when it listens. */
  static async start(tcpdump: string, port: number): Promise<Capture> {
    const capture = new Capture(tcpdump, port)
    let said = ''
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`tcpdump did not start: ${said}`)), PATIENCE_MS)
      capture.#child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk
        if (!said.includes('listening on')) return
        clearTimeout(timer)
        resolve()
      })
      capture.#child.on('exit', () => reject(new Error(`tcpdump ended: ${said}`)))
    })
    return capture
  }

  get #file(): string {
    return join(this.#folder, 'capture.pcap')
  }

  /** Waits until these bytes have passed and are in the file: what passed before is there as well. */
  async passed(bytes: string): Promise<void> {
    const until = performance.now() + PATIENCE_MS
    while (!readFileSync(this.#file).includes(bytes)) {
      if (performance.now() > until) throw new Error(`tcpdump has not written ${bytes} within ${PATIENCE_MS} ms`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  /** Ends tcpdump. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGINT')
    await exit
  }

  /** All frames with MQTT or with something malformed, in order, with the values of `fields`. */
  async read(tshark: string, fields: readonly string[]): Promise<MqttFrame[]> {
    const names = ['tcp.srcport', 'tcp.dstport', '_ws.col.Info', '_ws.expert.message', '_ws.expert.group', ...fields]
    const { stdout } = await promisify(execFile)(
      tshark,
      [
        '-r',
        this.#file,
        '-d',
        `tcp.port==${this.#port},mqtt`,
        '-Y',
        'mqtt || _ws.malformed',
        '-T',
        'fields',
        '-E',
        'aggregator=|',
        ...names.flatMap((name) => ['-e', name]),
      ],
      { maxBuffer: 1 << 26, timeout: 30_000 },
    )
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [source, destination, info, experts, groups, ...values] = line.split('\t')
        const fromClient = destination === String(this.#port)
        return {
          client: Number(fromClient ? source : destination),
          fromClient,
          info: info!,
          experts: listOf(experts),
          isCapturedWell: !listOf(groups).some((group) => group === 'Sequence' || Number(group) === SEQUENCE),
          values: Object.fromEntries(fields.map((name, i) => [name, listOf(values[i])])),
        }
      })
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function listOf(text = ''): string[] {
  return text === '' ? [] : text.split('|')
}
