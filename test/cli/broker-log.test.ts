// The log and the process of the broker by a configuration file: destinations, types, stamps, pid file, user, systemd, signals.
// What the lines say is tested in test/server; here that they get where the file sends them.

import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort } from '../interop/support/mosquitto.ts'
import { startProgram } from '../support/built.ts'
import { answer, configured, folder, guest } from './support/broker-kit.ts'

const OPEN = ['allow_anonymous true', 'listener PORT 127.0.0.1']
const isRoot = process.geteuid!() === 0

test('log_dest: file, stdout and topic at once; without stderr nothing is there', async () => {
  const path = folder()
  const port = await freePort()
  writeFileSync(
    join(path, 'c'),
    [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'log_dest stdout',
      `log_dest file ${path}/log`,
      'log_dest topic',
      'log_type all',
      'log_timestamp_format at %Y-%m-%dT%H:%M:%S',
      '',
    ].join('\n'),
  )
  const program = startProgram(['broker', '-c', join(path, 'c')])
  await program.until('stdout', / running\n/)
  const reader = await guest(port, { clientId: 'reader' })
  await reader.subscribe('$SYS/broker/log/#')
  await answer(port, { clientId: 'other' })
  const stamp = String.raw`at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d: `
  await expect
    .poll(() => reader.messages.filter((line) => new RegExp(`^\\$SYS/broker/log/N ${stamp}New client connected from \\S+ as other `).test(line)).length)
    .toBe(1)
  expect(reader.messages.filter((line) => line.startsWith('$SYS/broker/log/D'))).toEqual([])
  expect(reader.messages.filter((line) => /M\/subscribe at \S+: reader 0 \$SYS\/broker\/log\/#$/.test(line)).length).toBe(1)
  await expect.poll(() => readFileSync(join(path, 'log'), 'utf8')).toMatch(new RegExp(`^${stamp}New client connected from \\S+ as other `, 'm'))
  expect(
    readFileSync(join(path, 'log'), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('at ')),
  ).toEqual([])
  expect(program.stdout).toMatch(new RegExp(`^${stamp}Received SUBSCRIBE from reader$`, 'm'))
  expect(program.stderr).toBe('')
})

test('log_dest syslog, log_facility: lines go to logger with their priority', async () => {
  const path = folder()
  const file = join(path, 'told')
  writeFileSync(join(path, 'logger'), `#!/bin/sh\necho "$@" >> ${file}\nexec cat >> ${file}\n`)
  chmodSync(join(path, 'logger'), 0o755)
  writeFileSync(file, '')
  chmodSync(file, 0o666)
  const { program } = await configured([...OPEN, 'log_dest syslog', 'log_dest stderr', 'log_facility 5'], {
    env: { PATH: `${path}:${process.env['PATH'] ?? ''}` },
  })
  expect(await program.ended('SIGTERM')).toBe(0)
  const lines = readFileSync(file, 'utf8').split('\n')
  expect(lines[0]).toBe(`--prio-prefix -t zanzara[${program.child.pid!}]`)
  expect(lines.find((line) => line.endsWith(' running'))).toMatch(/^<174>\d+: zanzara version \S+ running$/) // local5, information
})

test('log_dest none; log_timestamp false; log_type: only what is asked for', async () => {
  const quiet = await freePort()
  const path = folder()
  writeFileSync(join(path, 'c'), `listener ${quiet} 127.0.0.1\nallow_anonymous true\nlog_dest none\n`)
  const silent = startProgram(['broker', '-c', join(path, 'c')])
  await expect.poll(() => answer(quiet), { timeout: 30_000 }).toBe('welcome')
  expect(await silent.ended('SIGTERM')).toBe(0)
  expect(silent.stdout + silent.stderr).toBe('')
  const { port, program } = await configured([...OPEN, 'log_timestamp false', 'log_type notice', 'log_type information', 'log_type unsubscribe'])
  await answer(port, { clientId: 'x' })
  await program.until('stderr', /^Client x \[127\.0\.0\.1:\d+\] disconnected\.\n/m)
  expect(program.stderr).not.toMatch(/^\d+: |Warning|CONNACK/m)
})

test('log_format json: one object a line', async () => {
  const path = folder()
  const port = await freePort()
  writeFileSync(join(path, 'c'), `listener ${port} 127.0.0.1\nallow_anonymous true\nlog_format json\n`)
  const program = startProgram(['broker', '-c', join(path, 'c')])
  await program.until('stderr', / running/)
  await answer(port, { clientId: 'x' })
  await program.until('stderr', /"New client connected/)
  const rows = program.stderr
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(rows.find(({ client }) => client === 'x')).toMatchObject({ client: 'x', address: expect.stringMatching(/^127\.0\.0\.1:/) })
})

test('connection_messages false: nobody comes and goes in the log', async () => {
  const { port, program } = await configured([...OPEN, 'connection_messages false', 'log_type all'])
  const client = await guest(port, { clientId: 'x' })
  await client.subscribe('a')
  await client.leave()
  await program.until('stderr', /Received DISCONNECT from x\n/)
  expect(program.stderr).not.toMatch(/New connection|New client|disconnected/)
})

test('pid_file: the number while it runs, gone afterwards', async () => {
  const broker = await configured([...OPEN, 'pid_file FOLDER/pid'])
  const file = join(broker.folder, 'pid')
  expect(readFileSync(file, 'utf8')).toBe(`${broker.program.child.pid!}\n`)
  expect(await broker.program.ended('SIGTERM')).toBe(0)
  expect(existsSync(file)).toBe(false)
})

test.runIf(isRoot)('user: root is given up before sockets are opened, or kept', async () => {
  const uidOf = (pid: number): number => Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1])
  const nobody = await configured([...OPEN, 'user nobody', 'listener 0 FOLDER/sock', 'log_dest stderr', 'log_dest file FOLDER/log'])
  expect(nobody.log).toContain('Info: running zanzara as user: nobody.')
  const uid = uidOf(nobody.program.child.pid!)
  expect(uid).not.toBe(0)
  expect([statSync(join(nobody.folder, 'sock')).uid, statSync(join(nobody.folder, 'log')).uid]).toEqual([uid, uid])
  const root = await configured([...OPEN, 'user root'])
  expect(uidOf(root.program.child.pid!)).toBe(0)
  await expect(configured([...OPEN, 'user no-such-user-here'])).rejects.toThrow(/Unable to drop privileges to 'no-such-user-here'/)
})

test('NOTIFY_SOCKET: systemd is told when it is ready and when it stops', async () => {
  const path = folder()
  const file = join(path, 'told')
  writeFileSync(join(path, 'systemd-notify'), `#!/bin/sh\necho "$@" "$NOTIFY_SOCKET" >> ${file}\n`)
  chmodSync(join(path, 'systemd-notify'), 0o755)
  writeFileSync(file, '')
  chmodSync(file, 0o666)
  const { program } = await configured(OPEN, { env: { NOTIFY_SOCKET: '/run/x', PATH: `${path}:${process.env['PATH'] ?? ''}` } })
  const pid = program.child.pid!
  await expect.poll(() => readFileSync(file, 'utf8')).toBe(`--pid=${pid} READY=1 /run/x\n`)
  expect(await program.ended('SIGINT')).toBe(0)
  await expect.poll(() => readFileSync(file, 'utf8')).toBe(`--pid=${pid} READY=1 /run/x\n--pid=${pid} STOPPING=1 /run/x\n`)
})

test('signals: USR2 prints the tree, PIPE is nothing, TERM ends with 0', async () => {
  const { port, program } = await configured(OPEN)
  const client = await guest(port, { clientId: 'x' })
  await client.subscribe('a/+/c', 1)
  program.child.kill('SIGPIPE')
  program.child.kill('SIGUSR2')
  await program.until('stdout', /x/)
  expect(program.stdout).toContain('+')
  program.child.kill('SIGUSR1')
  await program.until('stderr', /SIGUSR1/)
  expect(await client.publish('a', '1')).toBe(0)
  expect(await program.ended('SIGTERM')).toBe(0)
  expect(program.log.at(-1)).toMatch(/^zanzara version \S+ terminating$/)
})

test('sys_interval: values at once and again; 0: no $SYS at all; clients may not write there', async () => {
  const busy = await configured([...OPEN, 'sys_interval 1'])
  const reader = await guest(busy.port, { protocolVersion: 5 })
  await reader.subscribe('$SYS/broker/uptime')
  expect((await reader.got(3))[0]).toMatch(/^\$SYS\/broker\/uptime \d+ seconds r$/)
  expect(await reader.publish('$SYS/broker/uptime', '1')).toBe(0x87)
  const none = await configured([...OPEN, 'sys_interval 0'])
  const other = await guest(none.port)
  await other.subscribe('$SYS/#')
  await other.subscribe('end')
  await other.publish('end', '')
  expect(await other.got(1)).toEqual(['end '])
})

const SYS_TOPICS = [
  'version uptime clients/total clients/maximum clients/connected clients/active clients/disconnected clients/inactive clients/expired',
  'messages/received messages/sent messages/stored store/messages/count store/messages/bytes bytes/received bytes/sent',
  'publish/messages/received publish/messages/sent publish/messages/dropped publish/bytes/received publish/bytes/sent',
  'subscriptions/count shared_subscriptions/count retained_messages/count heap/current heap/maximum',
  'connections/socket/count packet/out/count packet/out/bytes',
  ...[
    'load/messages/received load/messages/sent load/publish/received load/publish/sent load/publish/dropped',
    'load/bytes/received load/bytes/sent load/sockets load/connections',
  ].flatMap((names) => names.split(' ').map((name) => `${name}/1min ${name}/5min ${name}/15min`)),
].flatMap((names) => names.split(' '))

test('$SYS: every topic of Mosquitto 2.1 and no other, retained, at once', async () => {
  const { port } = await configured(OPEN)
  const reader = await guest(port)
  await reader.subscribe('$SYS/#')
  const topics = (): string[] =>
    [...new Set(reader.packets.map(({ topic }) => topic.replace('$SYS/broker/', '').replace('retained messages', 'retained_messages')))].sort()
  await expect.poll(topics, { timeout: 30_000 }).toEqual(SYS_TOPICS.toSorted())
  const value = (topic: string): string => reader.messages.find((line) => line.startsWith(`$SYS/broker/${topic} `))!.slice(`$SYS/broker/${topic} `.length)
  expect(value('version')).toMatch(/^zanzara version \d+\.\d+\.\d+\S* r$/)
  expect(value('uptime')).toMatch(/^\d+ seconds r$/)
  expect(value('load/connections/1min')).toBe('0.00 r')
  expect(reader.messages.every((line) => line.endsWith(' r'))).toBe(true)
})

test('include_dir: files in the order of their names, each with its own listener', async () => {
  const path = folder()
  const ports = [await freePort(), await freePort()] as const
  writeFileSync(join(path, 'a.conf'), [`listener ${ports[0]} 127.0.0.1`, 'maximum_qos 1', ''].join('\n'))
  writeFileSync(join(path, 'B.conf'), `listener ${ports[1]} 127.0.0.1\n`)
  writeFileSync(join(path, 'not-this.txt'), 'bogus\n')
  const { program } = await configured(['allow_anonymous true', `include_dir ${path}`])
  expect(program.log.filter((line) => line.startsWith('Opening'))).toEqual(ports.map((port) => `Opening ipv4 listen socket on port ${port}.`))
  const connacks = await Promise.all(ports.map(async (port) => (await guest(port, { protocolVersion: 5 })).connack.properties?.maximumQoS))
  expect(connacks).toEqual([1, undefined])
})

test('port and bind_address make the default listener', async () => {
  const { port, program } = await configured(['allow_anonymous true', 'port PORT', 'bind_address 127.0.0.1'])
  expect(program.log.filter((line) => line.startsWith('Opening'))).toEqual([`Opening ipv4 listen socket on port ${port}.`])
  expect(await answer(port)).toBe('welcome')
})

test('tap_listener: another process reads all connections as they happen, in clear', async () => {
  const broker = await configured([...OPEN, 'tap_listener PORT2'])
  const tap = startProgram(['sniff', '--tap', String(broker.ports[1]), '-Y', 'mqtt.msgtype == 1', '-T', 'fields', '-e', 'mqtt.clientid'])
  await tap.until('stderr', /tap/)
  await answer(broker.port, { clientId: 'seen' })
  await tap.until('stdout', /^seen\n/m)
})
