// `zanzara service print`: files that a service manager takes, with real paths, whatever characters they hold.
// What systemd itself thinks of the unit is asked where systemd-analyze is installed.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runService } from '../../src/cli/service.ts'
import { openrcScript, type ServicePlan, servicePlan, systemdUnit } from '../../src/cli/service-files.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zanzara-service-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const PLAN: ServicePlan = {
  node: '/usr/bin/node',
  program: '/usr/lib/zanzara/zanzara.js',
  command: 'zanzara',
  configFile: '/etc/zanzara/zanzara.conf',
  user: null,
  writes: [],
  hasLowPort: false,
}
const lines = (...texts: readonly string[]): { option: string; value: string; file: string; line: number }[] =>
  texts.map((text, i) => ({ option: text.split(' ')[0]!, value: text.split(' ').slice(1).join(' '), file: 'f', line: i + 1 }))
const GIVEN = { node: '/n', program: '/p', command: 'zanzara', configFile: '/etc/zanzara/zanzara.conf', user: null }

async function service(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const io = new FakeTerminal()
  const code = await runService(argv, io)
  return { code, out: io.stdout.text, err: io.stderr.text }
}

test('a plan is read from the configuration: who, where to write, which ports', () => {
  expect(servicePlan({ ...GIVEN, lines: lines('listener 1883', 'user broker') })).toMatchObject({ user: 'broker', writes: [], hasLowPort: false })
  expect(servicePlan({ ...GIVEN, lines: lines('user root', 'listener 443') })).toMatchObject({ user: null, hasLowPort: true })
  expect(servicePlan({ ...GIVEN, user: 'ada', lines: lines('user broker') }).user).toBe('ada')
  expect(servicePlan({ ...GIVEN, configFile: '/etc/mosquitto/mosquitto.conf', lines: [] }).user).toBe('mosquitto')
  const { writes } = servicePlan({
    ...GIVEN,
    lines: lines(
      'pid_file /run/mq/mq.pid',
      'persistence_location /var/lib/mq/',
      'log_dest file /var/log/mq/mq.log',
      'log_dest syslog',
      'listener 0 /srv/mq/sock',
    ),
  })
  expect(writes).toEqual(['/run/mq', '/var/lib/mq', '/var/log/mq', '/srv/mq'])
})

test('the unit: notify, reload by HUP, folders of the service, nothing else to write to', () => {
  const unit = systemdUnit({ ...PLAN, writes: ['/run/mq', '/var/lib/mq', '/var/log/mq', '/srv/mq'] })
  for (const line of [
    'Type=notify',
    'NotifyAccess=all',
    'ExecStart=/usr/bin/node /usr/lib/zanzara/zanzara.js broker -c /etc/zanzara/zanzara.conf',
    'ExecReload=/bin/kill -HUP $MAINPID',
    'DynamicUser=yes',
    'StateDirectory=zanzara mq',
    'RuntimeDirectory=mq',
    'LogsDirectory=mq',
    'ReadWritePaths=/srv/mq',
    'ProtectSystem=strict',
    'ProtectHome=yes',
    'CapabilityBoundingSet=',
    'WantedBy=multi-user.target',
  ])
    expect(unit.split('\n')).toContain(line)
  expect(unit).not.toMatch(/^MemoryDenyWriteExecute/m)
  expect(systemdUnit({ ...PLAN, user: 'ada' })).toMatch(/\nUser=ada\n(?![\s\S]*DynamicUser)/)
  expect(systemdUnit({ ...PLAN, hasLowPort: true })).toContain('\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n')
})

test('paths that systemd would misread are quoted, and homes are told of', () => {
  const unit = systemdUnit({ ...PLAN, node: '/home/ada/my node', configFile: '/etc/50%/$x "y".conf' })
  expect(unit).toContain('\nExecStart="/home/ada/my node" /usr/lib/zanzara/zanzara.js broker -c "/etc/50%%/$$x \\"y\\".conf"\n')
  expect(unit).toContain('\nProtectHome=read-only\n')
  expect(unit).toContain('# /home/ada/my node is in a home folder')
})

test.skipIf(spawnSync('systemd-analyze', ['--version']).status !== 0)('systemd finds nothing wrong with the unit', () => {
  const unit = join(folder, 'zanzara.service')
  for (const plan of [PLAN, { ...PLAN, user: 'root', writes: ['/var/lib/mq', '/srv'], hasLowPort: true }]) {
    writeFileSync(unit, systemdUnit({ ...plan, node: process.execPath, program: '/dev/null' }))
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' })
    expect([status, stderr.split('\n').filter((line) => line.includes('zanzara.service'))]).toEqual([0, []])
  }
})

test.skipIf(process.platform === 'win32')('the OpenRC script is one that a shell can read, also with blanks in paths', () => {
  const script = join(folder, 'zanzara')
  writeFileSync(script, openrcScript({ ...PLAN, configFile: "/etc/it's mine.conf", writes: ['/var/lib/m q'] }))
  expect(spawnSync('sh', ['-n', script], { encoding: 'utf8' }).stderr).toBe('')
  const print = 'eval set -- "$command" $command_args; for word; do echo "$word"; done'
  const { stdout } = spawnSync('sh', ['-c', `. '${script}'; ${print}`], { encoding: 'utf8' })
  expect(stdout.split('\n')).toEqual(['/usr/bin/node', '/usr/lib/zanzara/zanzara.js', 'broker', '-c', "/etc/it's mine.conf", ''])
})

test('the property list is XML with every argument of its own', async () => {
  writeFileSync(join(folder, 'a&b <c>.conf'), '')
  const { code, out, err } = await service('print', 'launchd', '-c', join(folder, 'a&b <c>.conf'))
  expect([code, err]).toEqual([0, ''])
  expect(out).toContain(`    <string>broker</string>\n    <string>-c</string>\n    <string>${folder}/a&amp;b &lt;c&gt;.conf</string>\n`)
  expect(/<!--([\s\S]*?)-->/.exec(out)![1]).not.toContain('--')
  expect(out.replace(/<\?xml[^>]*\?>|<!DOCTYPE[^>]*>|<!--[\s\S]*?-->/g, '').match(/&(?!amp;|lt;|gt;)/)).toBe(null)
})

test('a file that is not there yet is said, and does not stop the printing', async () => {
  const { code, out, err } = await service('print', 'systemd', '-c', join(folder, 'later.conf'))
  expect([code, err]).toEqual([0, `Warning: there is no file ${folder}/later.conf yet; the service will not start without it.\n`])
  expect(out).toMatch(/^# The Zanzara MQTT broker as a systemd service/)
})

test.each([
  [[], "Say what to do: 'print' prints a service file."],
  [['install'], "Unknown word 'install': it is 'print'."],
  [['print', 'sysv'], "Unknown service manager 'sysv': it is systemd, launchd or openrc."],
  [['print', 'systemd', 'openrc'], "One service manager only; 'openrc' is too much."],
  [['print', '-c'], '-c needs a value.'],
  [['print', '--user', 'a b'], "Invalid user 'a b': give the name of a user of this machine."],
  [['print', '--usr', 'a'], "Unknown option '--usr'."],
])('wrong arguments %j: 2', async (argv, sentence) => {
  expect(await service(...argv)).toEqual({ code: 2, out: '', err: `Error: ${sentence}\n\nUse 'zanzara service --help' to see usage.\n` })
})

test('a configuration that cannot be used is told, and a unit printed all the same', async () => {
  const path = join(folder, 'm.conf')
  writeFileSync(path, 'user ada\nbogus 1\n')
  const { code, out, err } = await service('print', 'systemd', '-c', path)
  expect([code, err]).toEqual([
    0,
    `Warning: Unknown configuration variable 'bogus'. Error found at ${path}:2. The service will not start before that is mended.\n`,
  ])
  expect(out).toContain('ExecStart=')
})
