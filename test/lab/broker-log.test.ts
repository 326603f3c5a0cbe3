// Exercise 1: `broker -p PORT -v` shows what happens as it happens. Exercise 4: `match` says which filters match.
// The programs as a student starts them.

import mqtt from 'mqtt'
import { expect, test } from 'vitest'
import { startProgram, unusedPort } from '../support/built.ts'

test('exercise 1: the log shows CONNECT, SUBSCRIBE, PUBLISH and PINGREQ as they come', async () => {
  const port = await unusedPort()
  const broker = startProgram(['broker', '-p', String(port), '-v'])
  await broker.until('stderr', /zanzara version \S+ running/)
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: 'student', keepalive: 1 })
  await client.subscribeAsync('lab/+', { qos: 1 })
  await client.publishAsync('lab/room', 'warm', { qos: 1 })
  await broker.until('stderr', /Received PINGREQ from student/)
  await client.endAsync()
  await broker.until('stderr', /Client student .*disconnected/)
  const lines = broker.log
  const places = [
    /^New connection from 127\.0\.0\.1:\d+ on port \d+\.$/,
    /^New client connected from 127\.0\.0\.1:\d+ as student \(p4, c1, k1\)\.$/,
    /^No will message specified\.$/,
    /^Sending CONNACK to student \(0, 0\)$/,
    /^Received SUBSCRIBE from student$/,
    /^\tlab\/\+ \(QoS 1\)$/,
    /^Sending SUBACK to student$/,
    /^Received PUBLISH from student \(d0, q1, r0, m\d+, 'lab\/room', \.\.\. \(4 bytes\)\)$/,
    /^Sending PUBLISH to student \(d0, q1, r0, m1, 'lab\/room', \.\.\. \(4 bytes\)\)$/,
    /^Sending PUBACK to student \(m\d+, rc0\)$/,
    /^Received PINGREQ from student$/,
    /^Sending PINGRESP to student$/,
    /^Received DISCONNECT from student$/,
  ].map((pattern) => lines.findIndex((line) => pattern.test(line)))
  expect(places).not.toContain(-1)
  expect(places).toEqual([...places].sort((a, b) => a - b))
  expect(await broker.ended('SIGTERM')).toBe(0)
})

test('exercise 4: match answers YES or NO for each topic', async () => {
  const match = startProgram(['match', 'deib/+/temperature', 'deib/eg1/temperature', 'deib/L26/room.1/temperature', 'deib/eg1/humidity'])
  expect(await match.ended()).toBe(1)
  expect(match.stdout.split('\n').map((line) => line.split(/\s+/).slice(0, 2))).toEqual([
    ['YES', 'deib/eg1/temperature'],
    ['NO', 'deib/L26/room.1/temperature'],
    ['NO', 'deib/eg1/humidity'],
    [''],
  ])
})
