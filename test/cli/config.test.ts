// `zanzara config check` and `explain`: what people read, what programs read, exit codes.
// In process, with files in a folder of the test.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runConfig } from '../../src/cli/config.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

function fileOf(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'a.conf'), text)
  return join(folder, 'a.conf')
}

interface Answer {
  readonly code: number
  readonly out: string
  readonly err: string
}

async function config(argv: readonly string[], isTty = false): Promise<Answer> {
  const terminal = new FakeTerminal()
  const code = await runConfig(argv, terminal, isTty)
  return { code, out: terminal.stdout.text, err: terminal.stderr.text }
}

/** `check` of a file with this text; its path is FILE in what comes back. */
async function check(text: string, ...flags: string[]): Promise<Answer> {
  const file = fileOf(text)
  const { code, out, err } = await config(['check', file, ...flags])
  return { code, out: out.replaceAll(file, 'FILE'), err: err.replaceAll(file, 'FILE') }
}

test('check: OK', async () => {
  expect(await check('listener 1883\nallow_anonymous true\n')).toEqual({ code: 0, out: 'FILE: OK.\n', err: '' })
})

test('check: warnings with their lines', async () => {
  const { code, out } = await check('port 1883\nbind_interface lo\n')
  expect(out).toBe(
    "FILE:1: warning: The 'port' option is now deprecated and will be removed in version 3.0. Please use 'listener' instead.\n" +
      "FILE:1: warning: It is best practice to define a 'listener' first. Using the 'port' option without a listener will be disabled in the future.\n" +
      "FILE:2: warning: The 'bind_interface' option has no effect: Node cannot bind to a network interface; give its address in the listener line.\n" +
      'FILE: OK. 3 warnings.\n',
  )
  expect(code).toBe(0)
})

test('check: warnings stand before the error', async () => {
  const { err } = await check('port 1883\nbogus 1\n')
  expect(err).toMatch(/^FILE:1: warning: The 'port' option is now deprecated[^\n]*\n[^\n]*\nFILE:2: error: Unknown configuration variable 'bogus'\.\n/)
})

test.each([
  ['allow_anonymous yes', "FILE:1: error: Invalid 'allow_anonymous' value (yes).\n  allow_anonymous yes\n                  ^\n"],
  ['\n  sys_interval   abc', "FILE:2: error: 'sys_interval' value not a number.\n    sys_interval   abc\n                   ^\n"],
  ['listener 1\nmax_qos 3', "FILE:2: error: 'max_qos' must be between 0 and 2 inclusive.\n  max_qos 3\n          ^\n"],
  ['listener 70000 ::1', "FILE:1: error: Invalid 'port' value (70000).\n  listener 70000 ::1\n           ^\n"],
  ['max_qoss 1', "FILE:1: error: Unknown configuration variable 'max_qoss'.\n  max_qoss 1\n  ^\nDid you mean: max_qos\n"],
  ['xyzzy', "FILE:1: error: Unknown configuration variable 'xyzzy'.\n  xyzzy\n  ^\n"],
  ['topic x', "FILE:1: error: The 'topic' option requires a bridge to be defined first.\n  topic x\n  ^\n"],
  ['pid_file', "FILE:1: error: Empty 'pid_file' value in configuration.\n  pid_file\n           ^\n"],
  ['pid_file a\npid_file b', "FILE:2: error: Duplicate 'pid_file' value in configuration.\n  pid_file b\n  ^\n"],
  ['\nlistener 1\ncertfile x', 'FILE:2: error: Both certfile and keyfile must be provided to enable a TLS listener.\n  listener 1\n  ^\n'],
  ['connection b\naddress h\ntopic t out 7', "FILE:3: error: Invalid bridge QoS level '7'.\n  topic t out 7\n              ^\n"],
  ['connection b\npassword geheim\npassword geheim', "FILE:3: error: Duplicate 'bridge remote_password' value in configuration.\n  password (hidden)\n  ^\n"],
  ['evil\u001b[2J 1', "FILE:1: error: Unknown configuration variable 'evil\\x1b[2J'.\n  evil\\x1b[2J 1\n  ^\n"],
])('check %j: the line, a caret, exit 3', async (text, expected) => {
  expect(await check(text)).toEqual({ code: 3, out: '', err: expected })
})

test('check: an included file names itself and where it was included', async () => {
  const file = fileOf('')
  const folder = join(file, '..', 'd')
  mkdirSync(folder)
  writeFileSync(join(folder, 'x.conf'), 'listener 1884\nbogus 1\n')
  writeFileSync(file, `\ninclude_dir ${folder}\n`)
  const { code, err } = await config(['check', file])
  expect(err).toBe(`${folder}/x.conf:2: error: Unknown configuration variable 'bogus'.\n  bogus 1\n  ^\nincluded from ${file}:2\n`)
  expect(code).toBe(3)
  writeFileSync(join(folder, 'x.conf'), 'listener 1884\n')
  expect((await config(['check', file])).out).toBe(`${file}: OK. 2 files read.\n`)
})

test('check: a file that is not there', async () => {
  const { code, out, err } = await config(['check', '/nonexistent.conf'])
  expect([code, out, err]).toEqual([3, '', "/nonexistent.conf: error: Unable to open config file '/nonexistent.conf'.\n"])
})

test('check --json: one object, whatever the verdict, on stdout', async () => {
  const good = await check('port 1883', '--json')
  expect(JSON.parse(good.out)).toMatchObject({
    file: 'FILE',
    usable: true,
    error: null,
    notes: [{ type: 'notice', file: 'FILE', line: 1, text: expect.stringMatching(/^The 'port' option/) }, { type: 'information' }],
    files: ['FILE'],
  })
  const bad = await check('\nlistener x', '--json')
  expect(JSON.parse(bad.out)).toEqual({
    file: 'FILE',
    usable: false,
    error: { message: "'listener port' value not a number.", file: 'FILE', line: 2, includedFrom: null },
    notes: [],
  })
  expect([good.code, bad.code, bad.err]).toEqual([0, 3, ''])
})

const LAB =
  'listener 1884 127.0.0.1\nmax_qos 1\nallow_anonymous true\nlog_dest stdout\nlog_dest file /tmp/my log\n' +
  'connection cloud\naddress h\ntopic a/#\nremote_password geheim\n'

test('explain: every option of every section, with value, origin and meaning, in columns', async () => {
  const file = fileOf(LAB)
  const { code, out } = await config(['explain', file])
  const lines = out.split('\n')
  expect(lines.filter((line) => /^\S/.test(line))).toEqual(['Whole broker', 'Listener: port 1884 of 127.0.0.1, mqtt', 'Bridge: cloud'])
  const row = (name: string): string => lines.find((line) => line.startsWith(`  ${name} `))!
  expect(row('allow_anonymous')).toMatch(/^ {2}allow_anonymous +true +\S+a\.conf:3 {2}Clients may connect without a user name\.$/)
  expect(row('max_qos')).toMatch(/ 1 +\S+a\.conf:2 /)
  expect(row('listener_allow_anonymous')).toMatch(/ true +\S+a\.conf:3 /)
  expect(row('max_inflight_messages')).toMatch(/ 20 +default /)
  expect(row('pid_file')).toMatch(/ – +default /)
  expect(row('remote_password')).toMatch(/\(hidden\)/)
  expect(out).not.toContain('geheim')
  expect(lines.filter((line) => line.startsWith('  log_dest ')).map((line) => line.includes('Where the log goes'))).toEqual([true, false])
  expect(new Set(lines.filter((line) => / default /.test(line) && line.length > 60).map((line) => line.indexOf(' default '))).size).toBeLessThan(3)
  expect(code).toBe(0)
})

test('explain OPTION: only these, by any of their names, where they stand', async () => {
  const file = fileOf(LAB)
  const { out } = await config(['explain', file, 'maximum_qos', 'clientid'])
  expect(
    out
      .split('\n')
      .filter((line) => line.startsWith('  '))
      .map((line) => line.split(/ +/)[1]),
  ).toEqual(['max_qos', 'remote_clientid'])
  const absent = await config(['explain', fileOf('listener 1884'), 'threshold', 'plugin_load'])
  expect(absent.out).toBe(
    'threshold belongs to a bridge, and the file has none. Messages waiting that start a lazy bridge. Default: 10.\n\n' +
      'plugin_load belongs to a plugin, and the file has none. NAME PATH: a plugin for listeners that say plugin_use; its options follow.\n',
  )
})

test('explain --written: without defaults', async () => {
  const { out } = await config(['explain', fileOf('listener 1884\nsys_interval 5'), '--written'])
  expect(out).not.toContain('default')
  expect(
    out
      .split('\n')
      .filter((line) => line.startsWith('  '))
      .map((line) => line.split(/ +/)[1]),
  ).toEqual(['sys_interval', 'listener'])
  expect((await config(['explain', fileOf('# nothing\n'), '--written'])).out).toBe('The file says nothing; all options have their defaults.\n')
})

test('explain: local listeners, per_listener_settings, plugins', async () => {
  const { out } = await config(['explain', fileOf('max_connections 5'), 'max_connections', 'allow_anonymous'])
  expect(out).toMatch(/^Local listeners: port 1883 of 127\.0\.0\.1 and ::1, because no listener is written\n {2}max_connections +5 /m)
  expect(out).toMatch(/^ {2}allow_anonymous +true +default /m)
  const each = await config(['explain', fileOf('per_listener_settings true\nlistener 1\nallow_anonymous true\nlistener 2\n'), 'allow_anonymous'])
  expect(each.out.match(/ {2}allow_anonymous +\w+/g)?.map((text) => text.split(/ +/)[2])).toEqual(['true', 'false'])
  const plugin = await config(['explain', fileOf('plugin mosquitto_dynamic_security.so\nplugin_opt_config_file x\nplugin_opt_password y\n')])
  expect(plugin.out).toMatch(/^Plugin: dynamic_security \(built in\)$/m)
  expect(plugin.out).toMatch(/^ {2}plugin_opt_config_file +x +\S+:2 +Option of the plugin above/m)
  expect(plugin.out).toMatch(/^ {2}plugin_opt_password +\(hidden\)/m)
})

test('explain --json: sections with options; null = a default', async () => {
  const file = fileOf(LAB)
  const { out } = await config(['explain', file, '--json', 'max_qos', 'sys_interval'])
  expect(JSON.parse(out)).toEqual({
    file,
    usable: true,
    sections: [
      {
        kind: 'broker',
        title: 'Whole broker',
        options: [{ name: 'sys_interval', value: '10', file: null, line: null, meaning: expect.stringContaining('$SYS') }],
      },
      {
        kind: 'listener',
        title: 'Listener: port 1884 of 127.0.0.1, mqtt',
        options: [{ name: 'max_qos', value: '1', file, line: 2, meaning: expect.stringContaining('QoS') }],
      },
    ],
  })
})

test('colours on a terminal only', async () => {
  const file = fileOf('listener 1884')
  expect((await config(['explain', file])).out).not.toContain('\x1b')
  expect((await config(['explain', file], true)).out).toContain('\x1b[1mWhole broker\x1b[22m')
  expect((await config(['check', file], true)).out).toContain('\x1b[1mOK\x1b[22m')
})

test.each([
  [[], 'Say what to do: check or explain.'],
  [['chek', 'x'], "There is no 'zanzara config chek'. Did you mean: check"],
  [['show', 'x'], "There is no 'zanzara config show'. Use check or explain."],
  [['check'], 'Give the file to check, such as mosquitto.conf.'],
  [['check', 'a', 'b'], "One file at a time: 'b' is too much."],
  [['check', 'a', '--written'], "'--written' belongs to explain."],
  [['explain', 'a', '--what'], "Unknown option '--what'."],
  [['explain', 'a', 'max_qoss'], "There is no option 'max_qoss'. Did you mean: max_qos"],
  [['explain', 'a', 'keepalive'], "There is no option 'keepalive'. Did you mean: bridge_tcp_keepalive, keepalive_interval, max_keepalive"],
  [['explain', 'a', 'xyzzy'], "There is no option 'xyzzy'."],
])('wrong arguments %j: exit 2 and what is wrong', async (argv, message) => {
  const { code, out, err } = await config(argv)
  expect([code, out, err]).toEqual([2, '', `Error: ${message}\n\nUse 'zanzara config --help' to see usage.\n`])
})

test('--help goes to stdout, exit 0', async () => {
  const { code, out } = await config(['--help'])
  expect(code).toBe(0)
  expect(out).toContain('zanzara config check FILE')
  expect(out.split('\n').every((line) => line.length <= 120)).toBe(true)
})
