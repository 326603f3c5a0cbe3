// Our pub, sub and rr and Debian's mosquitto_pub, mosquitto_sub and mosquitto_rr are given the same command lines, each with a mosquitto broker of its own:
// stdout, stderr and exit code are the same. We imitate Mosquitto 2.1; where Debian's older version says it otherwise, a row below says how and why.

import { pbkdf2Sync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packageVersion } from '../../src/server/package-version.ts'
import { builtProgram } from '../support/built.ts'
import { withTools } from '../support/require-tools.ts'
import { type CommandResult, neutral, runCommand } from './support/client-command.ts'
import { COMMAND_LINES, type CommandLine } from './support/command-lines.ts'
import { freePort, Mosquitto } from './support/mosquitto.ts'
import { OUTPUT_LINES } from './support/output-lines.ts'
import { RawClient } from './support/raw-client.ts'

interface Difference {
  readonly reason: string
  /** In what Debian's client printed. */
  readonly from: RegExp
  readonly to: string
}

/** 2.1 says it thus; each row is one change since 2.0.11, but for those that begin with "ours". */
const DIFFERENCES: readonly Difference[] = [
  { reason: 'a client without an id calls itself null before CONNACK', from: /^Client \(null\) (?!received CONNACK)/gm, to: 'Client null ' },
  { reason: 'refusals end without a full stop', from: /^(Connection error: Connection Refused: .*)\.$/gm, to: '$1' },
  {
    reason: 'so do other errors',
    from: /^(Error: The connection was refused|Error: A network protocol error .*|Error in [A-Z]+ properties: A network protocol error .*)\.$/gm,
    to: '$1',
  },
  {
    reason: 'a file that cannot be read: with the reason',
    from: /^Error: Unable to open file "(.*)"\.$/gm,
    to: 'Error: Unable to read file "$1": No such file or directory.',
  },
  { reason: 'a lookup error: with one full stop less', from: /^(Unable to connect \(Lookup error)\.\)\.$/gm, to: '$1).' },
  {
    reason: 'sub may unsubscribe and do nothing else',
    from: /^Error: You must specify a topic to subscribe to\.$/gm,
    to: 'Error: You must specify a topic to subscribe to (-t) or unsubscribe from (-U).',
  },
  {
    reason: 'ours: nothing is said on a connection that the server has refused and closes; mosquitto_sub sends DISCONNECT there',
    from: /^(Client \S+ received CONNACK \([1-9]\d*\)\n)Client \S+ sending DISCONNECT\n/gm,
    to: '$1',
  },
  { reason: 'JSON: RETAIN is true or false', from: /^(\{.*"retain":)0,/gm, to: '$1false,' },
  { reason: 'the same, pretty', from: /^(\t"retain":\t)0,/gm, to: '$1false,' },
  { reason: 'JSON: user properties are a list', from: /"user-properties":(\{[^}]*\})/g, to: '"user-properties":[$1]' },
  {
    reason: 'ours: rr names the refusals of 3.1.1, too',
    from: /^Connection error: Unknown reason$/gm,
    to: 'Connection error: Connection Refused: not authorised',
  },
  { reason: 'ours: the version is our own', from: /^PROGRAM version \S+ running on libmosquitto \S+\.$/gm, to: `PROGRAM version ${packageVersion()}` },
]

const HINT = "\n\nUse 'PROGRAM --help' to see usage.\n"

/** Command lines that Mosquitto 2.1 answers in another way than 2.0.11 altogether: as seen with 2.1.2. */
const CHANGED: Readonly<Record<string, { readonly reason: string; readonly result: CommandResult }>> = {
  'pub: an empty topic': {
    reason: '2.0.11 connects, then finds the topic invalid, and exits with 0',
    result: { stdout: '', stderr: `Error: Invalid publish topic '', does it contain '+' or '#'?${HINT}`, code: 1 },
  },
  'sub: an empty filter': {
    reason: '2.0.11 connects and waits, subscribed to nothing',
    result: { stdout: '', stderr: `Error: Invalid subscription topic '', are all '+' and '#' wildcards correct?${HINT}`, code: 1 },
  },
  'sub: -U without -t': {
    reason: '2.0.11 wants a topic, too',
    result: {
      stdout: [
        'Client someone sending CONNECT',
        'Client someone received CONNACK (0)',
        'Client someone sending UNSUBSCRIBE (Mid: 1, Topic: a)',
        'Client someone received UNSUBACK',
        'Client someone sending DISCONNECT',
        '',
      ].join('\n'),
      stderr: 'Timed out\n',
      code: 27,
    },
  },
}

const NO_SUBSCRIBERS = 0x10
const TAKEN_WITHIN_MS = 5000

/** A client with a broker of its own, and a second client that publishes to it. */
class Side {
  readonly #open: Mosquitto
  readonly #locked: Mosquitto
  readonly #publisher: RawClient
  readonly #commands: Readonly<Record<CommandLine['tool'], readonly string[]>>
  readonly #names: readonly string[]

  private constructor(
    open: Mosquitto,
    locked: Mosquitto,
    publisher: RawClient,
    commands: Readonly<Record<CommandLine['tool'], readonly string[]>>,
    names: readonly string[],
  ) {
    this.#open = open
    this.#locked = locked
    this.#publisher = publisher
    this.#commands = commands
    this.#names = names
  }

  static async start(mosquitto: string, commands: Readonly<Record<CommandLine['tool'], readonly string[]>>, names: readonly string[]): Promise<Side> {
    const open = await Mosquitto.start(mosquitto)
    const options = ['allow_anonymous false', 'password_file FOLDER/passwords']
    const locked = await Mosquitto.start(mosquitto, { options, files: { passwords: passwordLine('alice', 'secret') } })
    return new Side(open, locked, await RawClient.connect(open.port, { version: 5, clientId: 'publisher' }), commands, names)
  }

  async run({ tool, args, stdin = '', retained = [], live = [], signal }: CommandLine, folder: string, closed: number): Promise<CommandResult> {
    for (const message of retained) await this.#publisher.publish({ ...message, retain: true })
    const ports = { PORT: this.#open.port, LOCKED: this.#locked.port, CLOSED: closed }
    const given = [...(args.includes('-p') ? [] : ['-p', 'PORT']), ...args].map((arg) =>
      arg in ports ? String(ports[arg as keyof typeof ports]) : arg.replace('FOLDER', folder).replace(':PORT/', `:${ports.PORT}/`),
    )
    const running = runCommand({ command: this.#commands[tool], args: given, stdin, ...(signal === undefined ? {} : { signal }) })
    const [first, ...rest] = live
    if (first !== undefined) {
      const until = performance.now() + TAKEN_WITHIN_MS
      while ((await this.#publisher.publish(first)) === NO_SUBSCRIBERS && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20))
      for (const message of rest) await this.#publisher.publish(message)
    }
    const result = await running
    for (const { topicName } of retained) await this.#publisher.publish({ topicName, retain: true, qos: 1 })
    return neutral(result, this.#names, [...Object.values(ports)])
  }

  async close(): Promise<void> {
    await this.#publisher.cut()
    await Promise.all([this.#open.close(), this.#locked.close()])
  }
}

withTools(['mosquitto', 'mosquitto_pub', 'mosquitto_sub', 'mosquitto_rr'], ({ mosquitto, mosquitto_pub, mosquitto_sub, mosquitto_rr }) => {
  describe("our clients and Debian's print the same", () => {
    let folder: string
    let ours: Side
    let debians: Side
    let closed: number
    const used = new Set<Difference>()
    const usual = (text: string): string => {
      let out = text
      for (const difference of DIFFERENCES) {
        const changed = out.replace(difference.from, difference.to)
        if (changed !== out) used.add(difference)
        out = changed
      }
      return out
    }

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'zanzara-same-output-'))
      writeFileSync(join(folder, 'message.bin'), Buffer.from([0, 1, 2, 0xff, 10]))
      closed = await freePort()
      const command = (word: string): string[] => [process.execPath, builtProgram(), word]
      ours = await Side.start(mosquitto, { pub: command('pub'), sub: command('sub'), rr: command('rr') }, ['zanzara pub', 'zanzara sub', 'zanzara rr'])
      debians = await Side.start(mosquitto, { pub: [mosquitto_pub], sub: [mosquitto_sub], rr: [mosquitto_rr] }, [
        'mosquitto_pub',
        'mosquitto_sub',
        'mosquitto_rr',
      ])
    })
    afterAll(async () => {
      await Promise.all([ours?.close(), debians?.close()])
      rmSync(folder, { recursive: true })
    })

    test.each([...COMMAND_LINES, ...OUTPUT_LINES])('$name', async (line) => {
      const changed = CHANGED[line.name]
      if (changed !== undefined) {
        expect(await ours.run(line, folder, closed), changed.reason).toEqual(changed.result)
        return
      }
      const [our, { stdout, stderr, code }] = await Promise.all([ours.run(line, folder, closed), debians.run(line, folder, closed)])
      expect(our).toEqual({ stdout: usual(stdout), stderr: usual(stderr), code })
      expect(our.code, 'it ended by itself').not.toBeNull()
    })

    test('every difference listed is still there', () => {
      expect(DIFFERENCES.filter((difference) => !used.has(difference)).map(({ reason }) => reason)).toEqual([])
    })
  })
})

/** A line of a password file: PBKDF2-HMAC-SHA512, 101 iterations. */
function passwordLine(userName: string, password: string): string {
  const salt = Buffer.from('twelve bytes')
  return `${userName}:$7$101$${salt.toString('base64')}$${pbkdf2Sync(password, salt, 101, 64, 'sha512').toString('base64')}\n`
}
