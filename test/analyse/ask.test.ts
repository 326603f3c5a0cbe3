// Questions about a capture whose story is known: every answer is checked against it.
// The capture is test/support/lab-capture.ts.

import { expect, test } from 'vitest'
import { Asking, QUESTIONS } from '../../src/analyse/ask/ask.ts'
import { type Answer, QuestionError } from '../../src/analyse/ask/question.ts'
import { CaptureAnalysis } from '../../src/analyse/capture-analysis.ts'
import { compileFilter } from '../../src/filter/filter.ts'
import { labCapture } from '../support/lab-capture.ts'

const FILE = labCapture()

function ask(question: string, where: string | null = null): Answer {
  const [name, ...words] = question.split(' ')
  const asking = new Asking(name!, words)
  const filter = where === null ? null : compileFilter(where)
  const analysis = new CaptureAnalysis({ fields: [...asking.fields, ...(filter?.fields ?? [])], auto: true, columns: false })
  analysis.push(FILE)
  for (let packet = analysis.next(); packet !== null; packet = analysis.next()) asking.packet(packet, filter === null || filter.test(packet))
  analysis.end()
  analysis.next()
  return asking.answer()
}

/** The answer's rows as objects with some of their columns. */
function rows(answer: Answer, ...columns: string[]): unknown[][] {
  return answer.rows.map((row) => columns.map((column) => row[answer.columns.indexOf(column)]))
}

test('clients: versions, answers, ends', () => {
  expect(rows(ask('clients'), 'client id', 'version', 'user', 'answer', 'ended')).toEqual([
    ['viewer', '3.1.1', null, 'accepted', 'closed'],
    ['sensor-1', '5.0', null, 'accepted', 'reset'],
    ['guest', '3.1.1', 'guest', 'Connection Refused, not authorized', 'closed'],
    ['bench', '3.1', null, 'accepted', 'disconnect'],
    ['viewer', '3.1.1', null, 'accepted', 'open'],
  ])
})

test('unacked: what was never acknowledged, a repeated message counted once', () => {
  const answer = ask('unacked')
  expect(rows(answer, 'client id', 'sent by', 'QoS', 'packet id', 'topic', 'last answer')).toEqual([['sensor-1', 'client', 1, 4, 'room/2/temp', 'none']])
  expect(answer.remarks).toEqual(['1 of 5 QoS 1 messages and 0 of 1 QoS 2 messages were not acknowledged to the end'])
})

test('latency: from PUBLISH to its last acknowledgement', () => {
  expect(rows(ask('latency'), 'client id', 'sent by', 'QoS', 'messages', 'shortest ms', 'longest ms')).toEqual([
    ['sensor-1', 'client', 1, 2, 2, 5001],
    ['viewer', 'server', 1, 2, 1, 4],
    ['sensor-1', 'client', 2, 1, 3, 3],
  ])
})

test('repeats: with DUP, after five seconds', () => {
  expect(rows(ask('repeats'), 'packet id', 'DUP', 'after ms')).toEqual([[3, 'yes', 5000]])
})

test('wildcard-subscribers: all, single level, multi level', () => {
  expect(rows(ask('wildcard-subscribers'), 'client id', 'filter', 'granted')).toEqual([
    ['viewer', 'room/+/temp', '1'],
    ['viewer', '#', '1'],
    ['bench', 'room/1/#', '0'],
    ['viewer', 'room/#', '2'],
  ])
  expect(rows(ask('wildcard-subscribers single'), 'filter')).toEqual([['room/+/temp']])
  expect(ask('wildcard-subscribers multi').remarks).toEqual(['3 connections of 2 clients, 3 subscriptions'])
})

test('wills: due after a reset, and seen delivered', () => {
  const answer = ask('wills')
  expect(rows(answer, 'client id', 'topic', 'QoS', 'retain', 'payload', 'due')).toEqual([['sensor-1', 'state/sensor-1', 0, 'yes', 'gone', 'reset']])
  expect(answer.rows[0]![6]).toMatch(/^\d+$/)
  expect(answer.remarks).toEqual(['1 will, 1 due, 1 of them seen delivered', '1 will of QoS 0 delivered'])
})

test('retained: the last value of each topic, cleared ones apart', () => {
  const answer = ask('retained')
  expect(rows(answer, 'topic', 'payload')).toEqual([['room/1/setpoint', '20']])
  expect(answer.remarks[0]).toMatch(/^cleared: room\/2\/setpoint \(frame \d+\)$/)
})

test('receivers: by the subscriptions of the moment', () => {
  expect(rows(ask('receivers room/1/temp'), 'client id', 'filter')).toEqual([['viewer', 'room/#']])
  const early = ask('receivers room/1/temp 20')
  expect(rows(early, 'client id', 'filter', 'QoS at most')).toEqual([
    ['viewer', 'room/+/temp', 1],
    ['viewer', '#', 1],
  ])
  expect(ask('receivers other').remarks).toEqual(["nobody would receive 'other'"])
})

test('causes: which subscription explains each delivery', () => {
  expect(rows(ask('causes'), 'client id', 'filter', 'messages')).toEqual([
    ['viewer', 'room/+/temp', 2],
    ['viewer', '#', 3],
  ])
})

test('topics and counts, in messages', () => {
  expect(rows(ask('topics'), 'topic', 'messages', 'QoS 1', 'QoS 2')[0]).toEqual(['room/1/temp', 4, 3, 1])
  expect(rows(ask('count version type'), 'version', 'type', 'messages')).toContainEqual(['5.0', 'PUBLISH', 8])
  expect(rows(ask('count client', 'mqtt.msgtype == 1'), 'client', 'messages')).toEqual([
    ['viewer', 2],
    ['sensor-1', 1],
    ['guest', 1],
    ['bench', 1],
  ])
})

test('connect-lengths, by version', () => {
  expect(rows(ask('connect-lengths'), 'version', 'number', 'average')).toEqual([
    ['3.1', 1, 21],
    ['3.1.1', 3, 24.67],
    ['5.0', 1, 46],
  ])
})

test('coap-failed: an unsuccessful answer, by token', () => {
  const answer = ask('coap-failed')
  expect(rows(answer, 'method', 'path', 'client', 'answer')).toEqual([['PUT', '/led', '10.0.0.16', '4.04']])
  expect(answer.remarks).toEqual(['1 of 2 requests failed, 0 got no answer'])
})

test('hosts: names, addresses, the clients that used them', () => {
  expect(rows(ask('hosts'), 'name', 'address', 'MQTT clients', 'client ids')).toEqual([['broker.lab.example', '10.0.0.1', 5, 'viewer sensor-1 guest bench']])
})

test('expert: what is wrong, with its clause; by severity', () => {
  const answer = ask('expert warning')
  expect(rows(answer, 'severity', 'client id', 'what', 'clause')).toEqual([
    ['warning', 'sensor-1', "the message 4 on 'room/2/temp' is never acknowledged", ''],
    ['warning', 'sensor-1', "closed without DISCONNECT: its will on 'state/sensor-1' is due", ''],
    ['warning', 'guest', 'the server refuses the connection: Connection Refused, not authorized', ''],
    ['warning', 'viewer', "takes over 'viewer' from 10.0.0.11:40001", 'MQTT-3.1.4-3'],
    ['warning', 'viewer', 'closed without DISCONNECT', ''],
  ])
  const all = rows(ask('expert'), 'what')
  for (const what of [
    'sent again with DUP (message 3)',
    "'#' is granted QoS 1, asked for was 2",
    "clears what is retained on 'room/2/setpoint'",
    'user name and password pass in clear',
  ])
    expect(all).toContainEqual([what])
})

test('every question is explained, and refuses words that it does not take', () => {
  for (const { name, meaning } of QUESTIONS) {
    expect(meaning).toMatch(/^[A-Z].*\.$/)
    expect(() => new Asking(name, ['a', 'b', 'c']), name).toThrow(QuestionError)
  }
  expect(() => new Asking('latencie', [])).toThrow("there is no question 'latencie'; did you mean latency? (--list explains them)")
})

test('zz fields: owner, answer, latency and cause of each packet, in filters too', () => {
  const analysis = new CaptureAnalysis({ filter: 'zz.client_id == "viewer" && zz.latency > 0.003', auto: true })
  analysis.push(FILE)
  const packet = analysis.next()!
  expect(packet.columns.info).toContain('Publish Ack (id=1)')
  expect(analysis.next()).toBeNull()
  const caused = new CaptureAnalysis({ filter: 'zz.subscription == "#"', auto: true })
  caused.push(FILE)
  let count = 0
  while (caused.next() !== null) count++
  expect(count).toBe(3)
  const noted = new CaptureAnalysis({ filter: 'zz.clause == "MQTT-3.1.4-3"', auto: true })
  noted.push(FILE)
  expect(noted.next()).not.toBeNull()
})
