// `zanzara broker` as mosquitto's users know it: its log on stderr, its exit codes, its signals, its configuration file.
// Each test starts the built program.

import { type EventEmitter, once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectTcp, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { type Program, startProgram, unusedPort } from '../support/built.ts'

const VERSION = (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version
const certificate = (name: string): string => fileURLToPath(new URL(`../net/certificates/${name}`, import.meta.url))

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'zanzara-'))
  chmodSync(path, 0o777) // the broker gives up root before it makes sockets and files
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

/** Starts the broker and waits until it says that it runs. */
async function running(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Program> {
  const program = startProgram(['broker', ...args], { env })
  await program.until('stderr', / running\n/)
  return program
}

async function configured(lines: readonly string[], ...args: readonly string[]): Promise<Program> {
  const file = join(folder(), 'test.conf')
  writeFileSync(file, `${lines.join('\n')}\n`)
  return await running(['-c', file, ...args])
}

/** What comes with the next event of this kind. */
function next(of: MqttClient, event: string): Promise<unknown[]> {
  return once(of as unknown as EventEmitter, event)
}

async function client(port: number, options: IClientOptions = {}): Promise<MqttClient> {
  const connected = await connectAsync(`${options.protocol ?? 'mqtt'}://localhost:${port}`, { reconnectPeriod: 0, ...options })
  connected.on('error', () => {})
  onTestFinished(() => void connected.end(true))
  return connected
}

test('without a configuration file: local only, the lines that Mosquitto prints, exit 0 at SIGTERM', async () => {
  const port = await unusedPort()
  const program = await running(['-p', `${port}`])
  await (await client(port)).endAsync()
  expect(await program.ended('SIGTERM')).toBe(0)
  const lines = process.geteuid!() === 0 ? program.log.slice(1) : program.log
  if (process.geteuid!() === 0) expect(program.log[0]).toMatch(/^Info: running zanzara as user: (mosquitto|nobody)\.$|^Warning: Unable to drop/)
  expect(lines.slice(0, 13)).toEqual([
    `zanzara version ${VERSION} starting`,
    'Using default config.',
    'Bridge support available.',
    'Persistence support available.',
    'TLS support available.',
    'TLS-PSK support available.',
    'Websockets support available.',
    'Starting in local only mode. Connections will only be possible from clients running on this machine.',
    'Create a configuration file which defines a listener to allow remote access.',
    'For more details see the output of: zanzara broker --help',
    `Opening ipv4 listen socket on port ${port}.`,
    `Opening ipv6 listen socket on port ${port}.`,
    expect.stringMatching(/^zanzara version .* running$|^No IPv6/),
  ])
  expect(program.log.at(-1)).toBe(`zanzara version ${VERSION} terminating`)
  expect(program.stderr).toMatch(/^(\d{10}: [^\n]+\n)+$/)
  expect(program.stdout).toBe('')
})

test('-v shows the packets of a lesson, in order', async () => {
  const port = await unusedPort()
  const program = await running(['-v', '-p', `${port}`])
  const subscriber = await client(port, { clientId: 'sub' })
  const arrived = next(subscriber, 'message')
  await subscriber.subscribeAsync('/living_room/temperature')
  const publisher = await client(port, { clientId: 'pub' })
  await publisher.publishAsync('/living_room/temperature', '33.3')
  await arrived
  await publisher.endAsync()
  await program.until('stderr', /Client pub .* disconnected\.\n/)
  const lines = program.log.map((line) => line.replace(/(?:127\.0\.0\.1|::1):\d+/g, 'IP:PORT'))
  const begin = lines.findIndex((line) => line.startsWith('New connection'))
  expect(lines.slice(begin)).toEqual([
    `New connection from IP:PORT on port ${port}.`,
    'New client connected from IP:PORT as sub (p4, c1, k60).',
    'No will message specified.',
    'Sending CONNACK to sub (0, 0)',
    'Received SUBSCRIBE from sub',
    '\t/living_room/temperature (QoS 0)',
    'sub 0 /living_room/temperature',
    'Sending SUBACK to sub',
    `New connection from IP:PORT on port ${port}.`,
    'New client connected from IP:PORT as pub (p4, c1, k60).',
    'No will message specified.',
    'Sending CONNACK to pub (0, 0)',
    "Received PUBLISH from pub (d0, q0, r0, m0, '/living_room/temperature', ... (4 bytes))",
    "Sending PUBLISH to sub (d0, q0, r0, m0, '/living_room/temperature', ... (4 bytes))",
    'Received DISCONNECT from pub',
    'Client pub [IP:PORT] disconnected.',
  ])
})

test('several ports with several -p', async () => {
  const ports = [await unusedPort(), await unusedPort()] as const
  await running(['-p', `${ports[0]}`, '-p', `${ports[1]}`])
  const first = await client(ports[0])
  const second = await client(ports[1])
  const arrived = next(first, 'message')
  await first.subscribeAsync('x')
  await second.publishAsync('x', '1')
  await arrived
})

test('-q: not a word, even with -v', async () => {
  const port = await unusedPort()
  const program = startProgram(['broker', '-q', '-v', '-p', `${port}`])
  await expect
    .poll(
      () =>
        client(port).then(
          () => true,
          () => false,
        ),
      { timeout: 30_000 },
    )
    .toBe(true)
  expect(await program.ended('SIGINT')).toBe(0)
  expect(program.stderr + program.stdout).toBe('')
})

test('signals: INT stops; HUP, USR1 and USR2 do no harm; MQTT 5 clients are told of the end', async () => {
  const port = await unusedPort()
  const program = await running(['-p', `${port}`])
  const five = await client(port, { protocolVersion: 5 })
  for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) program.child.kill(signal)
  await program.until('stderr', /Reloading config\./)
  await five.publishAsync('x', 'still here', { qos: 1 })
  expect(program.stderr).not.toContain('Debugger')
  const told = next(five, 'disconnect') as Promise<[{ reasonCode: number }]>
  expect(await program.ended('SIGINT')).toBe(0)
  expect((await told)[0].reasonCode).toBe(0x8b)
})

test('a log whose reader has gone does not stop the broker', async () => {
  const port = await unusedPort()
  const program = await running(['-v', '-p', `${port}`])
  program.child.stderr!.destroy()
  for (let i = 0; i < 3; i++) await (await client(port)).endAsync()
  const last = await client(port)
  await last.publishAsync('x', 'still here', { qos: 1 })
  program.child.kill('SIGTERM')
  const [code] = (await once(program.child, 'exit')) as [number]
  expect(code).toBe(0)
})

test('-d: the parent is done at once, the child serves, logs to the file and removes its pid file when stopped', async () => {
  const port = await unusedPort()
  const path = folder()
  const pidFile = join(path, 'pid')
  const logFile = join(path, 'log')
  const file = join(path, 'test.conf')
  writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous true\npid_file ${pidFile}\nlog_dest file ${logFile}\n`)
  const parent = startProgram(['broker', '-d', '-c', file])
  expect(await parent.ended()).toBe(0)
  expect(parent.stdout).toBe('')
  await expect.poll(() => existsSync(logFile) && readFileSync(logFile, 'utf8'), { timeout: 30_000 }).toMatch(/ running\n/)
  const pid = Number(readFileSync(pidFile, 'utf8'))
  onTestFinished(() => {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // it has ended, as it should
    }
  })
  expect(pid).not.toBe(parent.child.pid)
  await (await client(port)).publishAsync('x', '1', { qos: 1 })
  rmSync(logFile)
  process.kill(pid, 'SIGHUP')
  await expect.poll(() => existsSync(logFile), { timeout: 30_000 }).toBe(true)
  process.kill(pid, 'SIGTERM')
  await expect.poll(() => existsSync(pidFile), { timeout: 30_000 }).toBe(false)
  await expect.poll(() => readFileSync(logFile, 'utf8'), { timeout: 30_000 }).toMatch(/ terminating\n$/)
})

test('a taken port: one sentence that says what to do, exit 1', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  const program = startProgram(['broker', '-p', `${port}`])
  expect(await program.ended()).toBe(1)
  expect(program.log.at(-2)).toBe(
    `Error: Address already in use: port ${port} of 127.0.0.1 is taken, probably by another broker such as mosquitto; stop it or choose another port with -p.`,
  )
  expect(program.log.at(-1)).toBe(`zanzara version ${VERSION} terminating`)
})

test.each<[string, string[], number, string[], string]>([
  ['-c without a file', ['-c'], 3, ['Error: -c argument given, but no config file specified.'], ''],
  ['-p without a port', ['-p'], 3, ['Error: -p argument given, but no port specified.'], ''],
  ['-p 0', ['-p', '0'], 3, ['Error: Invalid port specified (0).'], 'Usage: '],
  ['-p 70000', ['-p', '70000'], 3, ['Error: Invalid port specified (70000).'], 'Usage: '],
  ['an unknown option', ['--x'], 3, ["Error: Unknown option '--x'."], 'Usage: '],
  ['combined flags', ['-dv'], 3, ["Error: Unknown option '-dv'."], 'Usage: '],
  ['a missing file', ['-c', '/nonexistent.conf'], 3, ["Error: Unable to open config file '/nonexistent.conf'."], ''],
  ['a missing file as a daemon', ['-d', '-c', '/nonexistent.conf'], 3, ["Error: Unable to open config file '/nonexistent.conf'."], ''],
  ['--test-config without a file', ['--test-config'], 3, ['Please provide a configuration file to test.'], ''],
])('%s: exit 3', async (_what, args, code, lines, usage) => {
  const program = startProgram(['broker', ...args])
  expect(await program.ended()).toBe(code)
  expect(program.log).toEqual([...lines, `zanzara version ${VERSION} terminating`])
  expect(program.stdout.startsWith(usage)).toBe(true)
  expect(program.stdout === '').toBe(usage === '')
})

test('a broken configuration file is named with its line, exit 3; --test-config judges without starting', async () => {
  const path = folder()
  const broken = join(path, 'broken.conf')
  const good = join(path, 'good.conf')
  writeFileSync(broken, '# first\nbogus_option 1\n')
  writeFileSync(good, 'listener 1883\n')
  for (const flags of [[], ['--test-config']]) {
    const program = startProgram(['broker', '-c', broken, ...flags])
    expect(await program.ended()).toBe(3)
    expect(program.log.slice(0, 2)).toEqual(["Error: Unknown configuration variable 'bogus_option'.", `Error found at ${broken}:2.`])
  }
  const judged = startProgram(['broker', '--test-config', '-c', good])
  expect(await judged.ended()).toBe(0)
  expect(judged.stdout).toBe('Configuration file is OK.\n')
})

test('a plugin that cannot be loaded: exit 13, as in Mosquitto', async () => {
  const path = join(folder(), 'plugin.conf')
  writeFileSync(path, 'listener 1883\nplugin /opt/other.so\n')
  const program = startProgram(['broker', '-c', path])
  expect(await program.ended()).toBe(13)
  expect(program.log[0]).toContain(`Error: Unable to load plugin '/opt/other.so' (${path}:2): `)
})

test('a broken file of a folder that was included is named first, after what was said before; an option that is not served is refused', async () => {
  const path = folder()
  mkdirSync(join(path, 'd'))
  writeFileSync(join(path, 'd', 'x.conf'), '\nbogus 1\n')
  writeFileSync(join(path, 'main.conf'), `port 1883\ninclude_dir ${join(path, 'd')}\n`)
  const program = startProgram(['broker', '-c', join(path, 'main.conf')])
  expect(await program.ended()).toBe(3)
  expect(program.log).toEqual([
    "The 'port' option is now deprecated and will be removed in version 3.0. Please use 'listener' instead.",
    "Creating default listener due to 'port' option.",
    "It is best practice to define a 'listener' first. Using the 'port' option without a listener will be disabled in the future.",
    'Warning: Default listener port specified multiple times. Only the latest will be used.',
    `Loading config file '${join(path, 'd', 'x.conf')}'`,
    "Error: Unknown configuration variable 'bogus'.",
    `Error found at '${join(path, 'd', 'x.conf')}:2'.`,
    `Error found at ${join(path, 'main.conf')}:2.`,
    `zanzara version ${VERSION} terminating`,
  ])
})

test('--help and --version go to stdout, exit 0', async () => {
  const help = startProgram(['broker', '-h'])
  const version = startProgram(['broker', '--version'])
  expect([await help.ended(), await version.ended()]).toEqual([0, 0])
  expect(help.stdout).toContain('Usage: zanzara broker [-c config_file]')
  expect(help.stdout.split('\n').every((line) => line.length <= 120)).toBe(true)
  expect(version.stdout).toBe(`zanzara version ${VERSION}\n`)
})

test('under the name of mosquitto the log says so', async () => {
  const port = await unusedPort()
  const program = await running(['-p', `${port}`], { ZANZARA_PROGRAM_NAME: 'mosquitto' })
  expect(program.log.find((line) => line.endsWith(' starting'))).toBe(`mosquitto version 2.1.2 (zanzara ${VERSION}) starting`)
})

test('a listener ends local only mode: anonymous clients are refused with 5, and the log warns that nobody can come in', async () => {
  const port = await unusedPort()
  const program = await configured([`listener ${port} 127.0.0.1`])
  await expect(client(port)).rejects.toMatchObject({ code: 5 })
  await program.until('stderr', /disconnected: not authorised\.\n/)
  expect(program.log).toContain(
    "Warning: nobody can connect: 'allow_anonymous' is false and there is neither a 'password_file' nor a listener that takes certificates.",
  )
  expect(program.log).not.toContain('Using default config.')
})

test('several listeners, limits and log options from a file; -p is then ignored', async () => {
  const [tcp, web, unused] = [await unusedPort(), await unusedPort(), await unusedPort()]
  const path = join(folder(), 'broker.sock')
  const program = await configured(
    [
      `listener ${tcp} 127.0.0.1`,
      `listener ${web}`,
      'protocol websockets',
      'socket_domain ipv4',
      `listener 0 ${path}`,
      'allow_anonymous true',
      'max_packet_size 100',
      'log_type subscribe',
      'log_type information',
      'log_timestamp true',
      'connection_messages false',
    ],
    '-p',
    `${unused}`,
  )
  expect(program.log.filter((line) => line.startsWith('Opening'))).toEqual([
    `Opening ipv4 listen socket on port ${tcp}.`,
    `Opening websockets listen socket on port ${web}.`,
    `Opening unix listen socket on path ${path}.`,
  ])
  const one = await client(tcp, { clientId: 'one' })
  const other = await client(web, { protocol: 'ws', path: '/mqtt' })
  const arrived = next(one, 'message')
  await one.subscribeAsync('a', { qos: 1 })
  await other.publishAsync('a', 'x', { qos: 1 })
  await arrived
  const gone = next(other, 'close')
  other.publish('a', Buffer.alloc(200))
  await gone
  await expect(client(unused)).rejects.toThrow(/ECONNREFUSED/)
  const unix = connectTcp({ path }).on('error', () => {})
  const answer = once(unix, 'data') as Promise<[Buffer]>
  unix.write(Buffer.from('101000044d5154540402003c000464656166', 'hex'))
  expect((await answer)[0].toString('hex')).toBe('20020000')
  unix.destroy()
  expect(program.log.filter((line) => /PUBLISH|connected/.test(line))).toEqual([])
  expect(program.log).toContain('one 1 a')
})

test('TLS with client certificates: the Common Name is the user', async () => {
  const port = await unusedPort()
  const program = await configured([
    `listener ${port} 127.0.0.1`,
    `cafile ${certificate('ca.crt')}`,
    `certfile ${certificate('server.crt')}`,
    `keyfile ${certificate('server.key')}`,
    'require_certificate true',
    'use_identity_as_username true',
  ])
  const ca = readFileSync(certificate('ca.crt'))
  const cert = readFileSync(certificate('client.crt'))
  const key = readFileSync(certificate('client.key'))
  const alice = await client(port, { protocol: 'mqtts', ca, cert, key, clientId: 'X', username: 'somebody-else' })
  await alice.publishAsync('a', '1', { qos: 1 })
  await program.until('stderr', /as X \(p4, c1, k60, u'alice'\)\.\n/)
  await expect(client(port, { protocol: 'mqtts', ca })).rejects.toThrow()
})

test('a certificate that cannot be read: exit 1 and which option to check', async () => {
  const port = await unusedPort()
  const file = join(folder(), 'test.conf')
  writeFileSync(file, `listener ${port} 127.0.0.1\ncertfile /nope.crt\nkeyfile /nope.key\n`)
  const program = startProgram(['broker', '-c', file])
  expect(await program.ended()).toBe(1)
  expect(program.stderr).toMatch(/Error: Unable to load server certificate '\/nope\.crt'\. Check certfile: ENOENT/)
})

test('a pid file that cannot be written: exit 14', async () => {
  const file = join(folder(), 'test.conf')
  writeFileSync(file, `listener ${await unusedPort()} 127.0.0.1\npid_file /nonexistent/pid\n`)
  const program = startProgram(['broker', '-c', file])
  expect(await program.ended()).toBe(14)
  expect(program.stderr).toContain('Error: Unable to write pid file: ENOENT')
})

test('WebSocket, TLS and bare-start code is not even loaded when nobody asked for it', async () => {
  const hooks =
    'import { writeSync } from "node:fs"; export function resolve(name, context, next) { writeSync(2, `loads ${name}\\n`); return next(name, context) }'
  const register = `import { register } from "node:module"; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)})`
  const port = await unusedPort()
  const program = await running(['-p', `${port}`], { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(register)}` })
  const loaded = program.log.filter((line) => line.startsWith('loads '))
  expect(loaded).toContain('loads ./broker.js')
  expect(loaded.filter((line) => /loads (ws|node:tls|node:http|node:https)$|websocket|start\.js|pub\.js|sub\.js|client-/.test(line))).toEqual([])
})
