// The lab with command-line clients in processes of their own: ours (`zanzara pub`, `zanzara sub`) or Debian's (mosquitto_pub, mosquitto_sub).
// Their flags and their `-d` output are the same: that is what is tested.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Condition, type Door, type Kit, type LabMessage, type LabWill, type PublishOptions, type SubscribeOptions, type Subscriber } from './kit.ts'

const RECEIVED = /^Client .* received PUBLISH \(d(\d), q(\d), r(\d), m\d+, '(.*)', \.\.\. \(\d+ bytes\)\)$/

export class CommandKit implements Kit {
  readonly name: string
  readonly transports: Kit['transports']
  readonly #pub: readonly string[]
  readonly #sub: readonly string[]

  /** `pub` and `sub` are commands with their first arguments. */
  constructor(name: string, transports: Kit['transports'], pub: readonly string[], sub: readonly string[]) {
    this.name = name
    this.transports = transports
    this.#pub = pub
    this.#sub = sub
  }

  async publish(door: Door, { version, topic, message, qos = 0, retain = false, id, will }: PublishOptions): Promise<void> {
    const args = [
      ...doorArguments(door, version),
      '-t',
      topic,
      '-q',
      String(qos),
      ...(message === '' ? ['-n'] : ['-m', message]),
      ...(retain ? ['-r'] : []),
      ...(id === undefined ? [] : ['-i', id]),
      ...willArguments(will),
    ]
    const child = start(this.#pub, args)
    let output = ''
    child.stdout!.on('data', (chunk) => (output += chunk))
    child.stderr!.on('data', (chunk) => (output += chunk))
    const [code] = await once(child, 'close')
    if (code !== 0 || output !== '') throw new Error(`${this.#pub.join(' ')} ${args.join(' ')} ended with ${code}: ${output}`)
  }

  async subscribe(door: Door, { version, topics, qos = 0, id, persistent = false, will }: SubscribeOptions): Promise<Subscriber> {
    const args = [
      ...doorArguments(door, version),
      ...topics.flatMap((topic) => ['-t', topic]),
      '-q',
      String(qos),
      ...(id === undefined ? [] : ['-i', id]),
      ...(persistent ? ['-c'] : []),
      ...willArguments(will),
      '-v',
      '-d',
    ]
    const subscriber = new CommandSubscriber(start(this.#sub, args), `${this.#sub.join(' ')} ${args.join(' ')}`)
    await subscriber.ready().catch(async (error: unknown) => {
      await subscriber.kill()
      throw error
    })
    return subscriber
  }
}

class CommandSubscriber implements Subscriber {
  readonly messages: LabMessage[] = []
  readonly #child: ChildProcess
  readonly #command: string
  readonly #condition = new Condition()
  #output = ''
  #rest = ''
  #isReady = false
  #heads: RegExpExecArray[] = []

  constructor(child: ChildProcess, command: string) {
    this.#child = child
    this.#command = command
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => this.#take(chunk))
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => (this.#output += chunk))
    child.on('exit', () => this.#condition.changed())
  }

  async ready(): Promise<void> {
    await this.#condition.until(
      () => this.#isReady,
      () => `${this.#command} was not subscribed; it said ${this.#output}`,
    )
  }

  async received(count: number): Promise<readonly LabMessage[]> {
    await this.#condition.until(
      () => this.messages.length >= count,
      () => `${this.#command} has ${this.messages.length} of ${count} messages; it said ${this.#output}`,
    )
    return this.messages
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.kill(signal)
    await exit
  }

  /** A payload line follows the trace line of its PUBLISH. */
  #take(chunk: string): void {
    this.#output += chunk
    const lines = (this.#rest + chunk).split('\n')
    this.#rest = lines.pop()!
    for (const line of lines) {
      const head = RECEIVED.exec(line)
      if (head !== null) this.#heads.push(head)
      else if (line.startsWith('Subscribed ')) this.#isReady = true
      else if (!line.startsWith('Client ') && this.#heads.length > 0) {
        const [, dup, qos, retain, topic] = this.#heads.shift()!
        const text = line.slice(topic!.length + 1)
        this.messages.push({ topic: topic!, payload: text === '(null)' ? '' : text, qos: Number(qos), retain: retain === '1', dup: dup === '1' })
      }
    }
    this.#condition.changed()
  }
}

function start(command: readonly string[], args: readonly string[]): ChildProcess {
  return spawn(command[0]!, [...command.slice(1), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOME: '/nonexistent', XDG_CONFIG_HOME: '/nonexistent' },
  })
}

function doorArguments({ transport, port, cafile }: Door, version: Version): string[] {
  return ['-h', 'localhost', '-p', String(port), '-V', version, ...(transport === 'tls' ? ['--cafile', cafile] : transport === 'ws' ? ['--ws'] : [])]
}

function willArguments(will: LabWill | undefined): string[] {
  if (will === undefined) return []
  return ['--will-topic', will.topic, '--will-payload', will.payload, '--will-qos', String(will.qos ?? 0), ...(will.retain === true ? ['--will-retain'] : [])]
}

type Version = PublishOptions['version']
