// Live capture: dumpcap or tcpdump as a child, whose pcapng or pcap stream is read as it comes. Node itself has no raw sockets.
// Says exactly which permission is missing and how to get it. Node only.

import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Readable } from 'node:stream'

export interface LiveOptions {
  readonly interface: string
  /** Capture filter in libpcap's language, such as `tcp port 1883`; null = everything. */
  readonly filter?: string | null
  /** Bytes stored of each frame; 0 = all. */
  readonly snapLength?: number
  /** Also what is not for this machine; true unless given. */
  readonly promiscuous?: boolean
}

/** What the capturing program counted; null where it did not say. */
export interface LiveCounts {
  readonly captured: number | null
  readonly dropped: number | null
}

/** Live capture is not possible, or ended by a fault. The message says what to do. */
export class LiveError extends Error {
  override readonly name = 'LiveError'
}

export interface CaptureDevice {
  readonly name: string
  readonly description: string | null
}

interface CaptureTool {
  readonly name: 'dumpcap' | 'tcpdump'
  readonly path: string
}

const STOP_MS = 2000
/** Of what the child says: enough for its reason, bounded for one that never stops talking. */
const MAXIMUM_TEXT = 16_384

/** A capture that runs. Iterate for the bytes of its file; `stop` ends it in order. */
export class LiveCapture implements AsyncIterable<Uint8Array> {
  readonly #tool: CaptureTool
  readonly #options: LiveOptions
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  #text = ''
  #isStopping = false
  readonly #exit: Promise<number | null>

  /** @throws LiveError when no capturing program is installed */
  constructor(options: LiveOptions, path: string = process.env['PATH'] ?? '') {
    const tool = toolIn(path)
    if (tool === null)
      throw new LiveError(
        'no program to capture with: install tcpdump or dumpcap (Debian: sudo apt install tcpdump), or capture without one by --proxy or --tap',
      )
    this.#tool = tool
    this.#options = options
    this.#child = spawn(tool.path, argumentsOf(tool, options), { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#text = (this.#text + text).slice(-MAXIMUM_TEXT)
    })
    this.#exit = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#text += error.message
        resolve(127)
      })
      this.#child.once('close', (code) => resolve(code))
    })
  }

  /** The bytes of a pcap or pcapng file as they come. @throws LiveError when the capture ends otherwise than by `stop` */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of this.#child.stdout) yield chunk as Uint8Array
    } catch (error) {
      if (!this.#isStopping) throw error
    } finally {
      if (!this.#isStopping && this.#child.exitCode === null) await this.#kill()
    }
    const code = await this.#exit
    if (!this.#isStopping && code !== 0) throw new LiveError(reasonOf(this.#tool, this.#options, this.#text))
  }

  /** Ends the capture; what is on its way still comes. */
  async stop(): Promise<LiveCounts> {
    this.#isStopping = true
    await this.#kill()
    return countsIn(this.#text)
  }

  async #kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGINT')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS)
    await this.#exit
    clearTimeout(timer)
  }
}

/** The interfaces that can be captured on. @throws LiveError */
export async function captureDevices(path: string = process.env['PATH'] ?? ''): Promise<CaptureDevice[]> {
  const tool = toolIn(path)
  if (tool === null) throw new LiveError('no program to list interfaces with: install tcpdump or dumpcap (Debian: sudo apt install tcpdump)')
  const child = execFile(tool.path, ['-D'])
  let text = ''
  let complaint = ''
  child.stdout!.on('data', (chunk: string) => (text += chunk))
  child.stderr!.on('data', (chunk: string) => (complaint += chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new LiveError(`${tool.name} cannot list interfaces: ${complaint.trim()}`)
  return text
    .split('\n')
    .map((line) => /^\d+\.\s?(\S+)(?:\s+\((.*?)\))?/.exec(line))
    .filter((match) => match !== null)
    .map(([, name, description]) => ({ name: name!, description: description ?? null }))
}

/** dumpcap first: it is made to be allowed to capture without root, and writes pcapng with the interface's name. */
function toolIn(path: string): CaptureTool | null {
  for (const name of ['dumpcap', 'tcpdump'] as const)
    for (const folder of path.split(delimiter)) {
      const file = join(folder, name)
      if (folder !== '' && exists(file)) return { name, path: file }
    }
  return null
}

/** Also a program that we may not run: the reason then names what is missing. */
function exists(file: string): boolean {
  try {
    accessSync(file, constants.F_OK)
    return true
  } catch {
    return false
  }
}

function argumentsOf({ name }: CaptureTool, options: LiveOptions): string[] {
  const { filter = null, snapLength = 0, promiscuous = true } = options
  const words = name === 'dumpcap' ? ['-q', '-w', '-', '-i', options.interface] : ['-U', '-w', '-', '-s', `${snapLength}`, '-i', options.interface]
  if (!promiscuous) words.push('-p')
  if (name === 'dumpcap' && snapLength > 0) words.push('-s', `${snapLength}`)
  if (filter !== null && filter !== '') words.push(...(name === 'dumpcap' ? ['-f', filter] : [filter]))
  return words
}

function reasonOf(tool: CaptureTool, options: LiveOptions, text: string): string {
  const said = text
    .split('\n')
    .map((line) => line.replace(/^(dumpcap|tcpdump): /, '').trim())
    .filter((line) => line !== '' && !/^(Capturing on|File:|Packets |listening on|\d+ packets?)/.test(line))
  const words = said.join(' ')
  if (/permi(ssion|tted)|EACCES|EPERM/i.test(words)) return permissionSentence(tool, options.interface)
  if (/filter/i.test(words))
    return `the capture filter '${options.filter ?? ''}' is not valid: it is written in libpcap's language, as in: -f 'tcp port 1883'. ${tool.name} says: ${words}`
  if (/no such device|no device named/i.test(words)) return `there is no interface '${options.interface}' here: 'zanzara sniff -D' lists them`
  return `${tool.name} ended: ${said[0] ?? 'it gave no reason'}`
}

function permissionSentence({ name, path }: CaptureTool, device: string): string {
  const others = 'Without any permission: --proxy PORT=HOST:PORT records what passes through it, --tap URL listens to a zanzara broker.'
  const root = 'run this command as root (sudo)'
  if (name === 'tcpdump')
    return `no permission to capture on '${device}' with tcpdump: it lacks the capability cap_net_raw. Give it once with 'sudo setcap cap_net_raw,cap_net_admin=eip ${path}', or ${root}. ${others}`
  let forGroup = false
  try {
    forGroup = (statSync(path).mode & 0o001) === 0
  } catch {
    // then it is not the group that matters
  }
  const remedy = forGroup
    ? "you are not in the group that may run it. Join with 'sudo usermod -a -G wireshark $USER' and log in anew"
    : `it lacks the capability cap_net_raw. Debian gives it with 'sudo dpkg-reconfigure wireshark-common' (answer yes) and 'sudo usermod -a -G wireshark $USER'; elsewhere: 'sudo setcap cap_net_raw,cap_net_admin=eip ${path}'`
  return `no permission to capture on '${device}' with dumpcap: ${remedy}; or ${root}. ${others}`
}

function countsIn(text: string): LiveCounts {
  const dumpcap = /received\/dropped on interface .*?: (\d+)\/(\d+)/.exec(text)
  if (dumpcap !== null) return { captured: Number(dumpcap[1]), dropped: Number(dumpcap[2]) }
  const captured = /(\d+) packets? captured/.exec(text)
  const dropped = /(\d+) packets? dropped by kernel/.exec(text)
  return { captured: captured === null ? null : Number(captured[1]), dropped: dropped === null ? null : Number(dropped[1]) }
}
