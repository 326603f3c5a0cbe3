// Error texts of pub and sub, with their blank lines, streams and exit codes: what scripts compare with.

import { expect, test } from 'vitest'

import { runPub } from '../../src/cli/pub.ts'
import { runSub } from '../../src/cli/sub.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

type Outcome = { code: number; out: string; err: string }

async function run(tool: 'pub' | 'sub', argv: readonly string[], io = new FakeTerminal()): Promise<Outcome> {
  const code = await (tool === 'pub' ? runPub : runSub)(argv, io)
  return { code, out: io.stdout.text, err: io.stderr.text }
}

const HINT = "\nUse 'zanzara pub --help' to see usage.\n"
const SUB_HINT = "\nUse 'zanzara sub --help' to see usage.\n"
const given = ['-t', 'a', '-m', 'x']

test.each([
  [['-t', 'a/#', '-m', 'x'], `Error: Invalid publish topic 'a/#', does it contain '+' or '#'?\n${HINT}`],
  [['-t', '', '-m', 'x'], `Error: Invalid publish topic '', does it contain '+' or '#'?\n${HINT}`],
  [[...given, '-q', '3'], `Error: Invalid QoS given: 3\n${HINT}`],
  [[...given, '-q', 'one'], `Error: Invalid QoS given: one\n${HINT}`],
  [[...given, '-q'], `Error: -q argument given but no QoS specified.\n\n${HINT}`],
  [[...given, '--qos'], `Error: -q argument given but no QoS specified.\n\n${HINT}`],
  [[...given, '-n'], `Error: Only one type of message can be sent at once.\n\n${HINT}`],
  [['-t', 'a', '-l', '-s'], `Error: Only one type of message can be sent at once.\n\n${HINT}`],
  [[...given, '-V', '4'], `Error: Invalid protocol version argument given.\n\n${HINT}`],
  [[...given, '-V'], `Error: --protocol-version argument given but no version specified.\n\n${HINT}`],
  [[...given, '--bogus'], `Error: Unknown option '--bogus'.\n${HINT}`],
  [[...given, '-dv'], `Error: Unknown option '-dv'.\n${HINT}`],
  [[...given, '--qos=1'], `Error: Unknown option '--qos=1'.\n${HINT}`],
  [['word', ...given], `Error: Unknown option 'word'.\n${HINT}`],
  [[...given, '-C', '1'], `Error: Unknown option '-C'.\n${HINT}`],
  [[...given, '-k', '4'], `Error: Invalid keepalive given, it must be between 5 and 65535 inclusive.\n\n${HINT}`],
  [[...given, '-k', '0'], `Error: Invalid keepalive given, it must be between 5 and 65535 inclusive.\n\n${HINT}`],
  [[...given, '-c'], `Error: You must provide a client id if you are using the -c option.\n${HINT}`],
  [[...given, '-c', '-I', 'x'], `Error: You must provide a client id if you are using the -c option.\n${HINT}`],
  [[...given, '-c', '-V', '5'], `Error: You must provide a client id if you are using an infinite session expiry interval.\n${HINT}`],
  [[...given, '-x', '-1'], `Error: You must provide a client id if you are using an infinite session expiry interval.\n${HINT}`],
  [[...given, '--will-payload', 'z'], `Error: Will payload given, but no will topic given.\n${HINT}`],
  [[...given, '--will-retain'], `Error: Will retain given, but no will topic given.\n${HINT}`],
  [[...given, '--will-topic', 'a/+'], `Error: Invalid will topic 'a/+', does it contain '+' or '#'?\n${HINT}`],
  [[...given, '--cert', 'x'], `Error: Both certfile and keyfile must be provided if one of them is set.\n${HINT}`],
  [[...given, '-p', '70000'], `Error: Invalid port given: 70000\n${HINT}`],
  [[...given, '-p', '-1'], `Error: Invalid port given: -1\n${HINT}`],
  [[...given, '-i', 'a', '-I', 'b'], `Error: -i and -I argument cannot be used together.\n\n${HINT}`],
  [[...given, '-x', 'abc'], `Error: session-expiry-interval not a number.\n\n${HINT}`],
  [[...given, '-x', '4294967296'], `Error: session-expiry-interval out of range.\n\n${HINT}`],
  [[...given, '-D', 'publish', 'nosuch', '5'], `Error: Invalid property name nosuch given in --property argument.\n\n${HINT}`],
  [[...given, '-D', 'foo', 'user-property', 'a', 'b'], `Error: Invalid command foo given in --property argument.\n\n${HINT}`],
  [[...given, '-D', 'connect', 'topic-alias', '5'], `Error: topic-alias property not allowed for connect in --property argument.\n\n${HINT}`],
  [[...given, '-D', 'publish', 'topic-alias'], `Error: --property argument given but not enough arguments specified.\n\n${HINT}`],
  [[...given, '-D', 'publish', 'user-property', 'a'], `Error: --property argument given but not enough arguments specified.\n\n${HINT}`],
  [[...given, '-D', 'publish', 'topic-alias', '65536'], `Error: Property value (65536) out of range for property topic-alias.\n\n${HINT}`],
  [[...given, '-D', 'connect', 'maximum-qos', '1'], `Error: maximum-qos property not allowed for connect in --property argument.\n\n${HINT}`],
  [[...given, '-D', 'auth', 'user-property', 'a', 'b'], `Error: user-property property not supported for auth in --property argument.\n\n${HINT}`],
  [[...given, '-M', '0'], `Error: Maximum inflight messages must be greater than 0.\n\n${HINT}`],
  [[...given, '--will-topic', 'w', '--will-qos', '3'], `Error: Invalid will QoS 3.\n\n${HINT}`],
  [[...given, '-P', 'secret'], 'Error: Problem setting username and/or password.\nA password needs a user name (-u) before MQTT 5.\n'],
  [['-L', 'http://localhost/x', '-m', 'hi'], `Error: Unsupported URL scheme.\n\n${HINT}`],
  [['-L', 'localhost', '-m', 'hi'], `Error: Unsupported URL scheme.\n\n${HINT}`],
  [['-L', 'mqtt://localhost', '-m', 'hi'], `Error: Invalid URL for -L argument specified - topic missing.\n${HINT}`],
  [[...given, '--repeat', '0'], `Error: --repeat argument must be >0.\n\n${HINT}`],
  [[...given, '--repeat-delay', '-1'], `Error: --repeat-delay argument must be >=0.0.\n\n${HINT}`],
])('pub %#: %j', async (argv, text) => {
  expect(await run('pub', argv)).toEqual({ code: 1, out: '', err: text })
})

test.each([
  [[], `Error: You must specify a topic to subscribe to (-t) or unsubscribe from (-U).\n${SUB_HINT}`],
  [['-t', 'a#'], `Error: Invalid subscription topic 'a#', are all '+' and '#' wildcards correct?\n${SUB_HINT}`],
  [['-t', ''], `Error: Invalid subscription topic '', are all '+' and '#' wildcards correct?\n${SUB_HINT}`],
  [['-t', 'a', '-T', 'a#'], `Error: Invalid filter topic 'a#', are all '+' and '#' wildcards correct?\n${SUB_HINT}`],
  [['-t', 'a', '-U', 'a#'], `Error: Invalid unsubscribe topic 'a#', are all '+' and '#' wildcards correct?\n${SUB_HINT}`],
  [['-t', 'a', '-C', '0'], `Error: Invalid message count "0".\n\n${SUB_HINT}`],
  [['-t', 'a', '-W', '0'], `Error: Invalid timeout "0".\n\n${SUB_HINT}`],
  [['-t', 'a', '-R', '--retained-only'], "\nError: Combining '-R' and '--retained-only' makes no sense.\n"],
  [['-t', 'a', '--random-filter', '0'], `Error: --random-filter chance must be between 0.1-100.0\n\n${SUB_HINT}`],
  [['-t', 'x', '-c'], `Error: You must provide a client id if you are using the -c option.\n${SUB_HINT}`],
  [['-t', 'x', '-V', '5', '-c'], `Error: You must provide a client id if you are using an infinite session expiry interval.\n${SUB_HINT}`],
  [['-t', 'x', '-m', 'y'], `Error: Unknown option '-m'.\n${SUB_HINT}`],
])('sub %#: %j', async (argv, text) => {
  expect(await run('sub', argv)).toEqual({ code: 1, out: '', err: text })
})

test.each([[[]], [['-t', 'a']], [['-m', 'a']]])('pub without topic or message %j: the error, and the whole help on standard output', async (argv) => {
  const { code, out, err } = await run('pub', argv)
  expect(code).toBe(1)
  expect(err).toBe('Error: Both topic and message must be supplied.\n')
  expect(out).toMatch(/^zanzara pub /)
  expect(out).toContain('Usage: zanzara pub')
})

test('--help and --version go to standard output and end with 1', async () => {
  for (const tool of ['pub', 'sub'] as const) {
    const help = await run(tool, ['--help'])
    expect(help).toMatchObject({ code: 1, err: '' })
    for (const line of help.out.split('\n')) expect(line.length).toBeLessThanOrEqual(140)
    const version = await run(tool, ['--version'])
    expect(version).toMatchObject({ code: 1, err: '' })
    expect(version.out).toMatch(new RegExp(`^zanzara ${tool} version \\d+\\.\\d+\\.\\d+\\n$`))
  }
  expect((await run('sub', ['--help'])).out).toContain('-W SECONDS')
  expect((await run('pub', ['--help'])).out).not.toContain('-W SECONDS')
})

test('behind a wrapper its name stands in errors, help and version', async () => {
  const io = new FakeTerminal()
  io.env['ZANZARA_PROGRAM_NAME'] = 'mosquitto_pub'
  expect((await run('pub', ['--bogus'], io)).err).toBe("Error: Unknown option '--bogus'.\n\nUse 'mosquitto_pub --help' to see usage.\n")
  const linked = new (class extends FakeTerminal {
    override readonly invokedAs: string = 'mosquitto_sub'
  })()
  expect((await run('sub', ['--version'], linked)).out).toMatch(/^mosquitto_sub version 2\.1\.2 /)
})

test('a payload that cannot be read is said before anything is connected', async () => {
  expect(await run('pub', ['-p', '1', '-t', 'a', '-f', '/nonexist'])).toEqual({
    code: 1,
    out: '',
    err: 'Error: Unable to read file "/nonexist": No such file or directory.\nError loading input file "/nonexist".\n',
  })
  const io = new FakeTerminal()
  io.stdin.end()
  expect(await run('pub', ['-p', '1', '-t', 'a', '-s'], io)).toEqual({ code: 1, out: '', err: 'Error: Zero length input.\nError loading input from stdin.\n' })
})

test('a CA that cannot be read is said before anything is connected', async () => {
  expect(await run('pub', ['-p', '1', '--cafile', '/nope', ...given])).toEqual({
    code: 1,
    out: '',
    err: 'Error: Problem setting TLS options: File not found.\n',
  })
  expect(await run('sub', ['-p', '1', '--capath', '/nope', '-t', 'a'])).toEqual({
    code: 1,
    out: '',
    err: 'Error: Problem setting TLS options: File not found.\n',
  })
})
