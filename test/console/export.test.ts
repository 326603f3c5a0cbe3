// Messages as files: JSON and CSV that other programs read, a capture that our own analyser reads.
// See src/console/worker/export-messages.ts.

import { expect, test } from 'vitest'
import { CaptureAnalysis } from '../../src/analyse/capture-analysis.ts'
import { exportMessages } from '../../src/console/worker/export-messages.ts'
import { MessageStore } from '../../src/console/worker/message-store.ts'
import type { ExportForm } from '../../src/console/worker/protocol.ts'

const TOPICS = ['a/b', '=cmd|x', 'bytes']

function exported(form: ExportForm): Uint8Array {
  const store = new MessageStore()
  const base = { previous: -1, isOut: false, dup: false, subscription: 1, frame: 0 }
  store.add({
    ...base,
    time: 1000.5,
    topicId: 0,
    qos: 1,
    retain: true,
    payload: new TextEncoder().encode('say "hi", ü'),
    properties: { contentType: 'text/plain' },
  })
  store.add({ ...base, time: 2000, topicId: 1, qos: 0, retain: false, isOut: true, payload: new TextEncoder().encode('=1+1'), properties: {} })
  store.add({ ...base, time: 3000, topicId: 2, qos: 2, retain: false, payload: Uint8Array.of(0xff, 0), properties: {} })
  return exportMessages(store, (id) => TOPICS[id]!, [0, 1, 2], form)
}

test('JSON', () => {
  const rows = JSON.parse(new TextDecoder().decode(exported('json')))
  expect(rows).toHaveLength(3)
  expect(rows[0]).toEqual({
    time: '1970-01-01T00:00:01.000Z',
    direction: 'in',
    topic: 'a/b',
    qos: 1,
    retain: true,
    dup: false,
    size: 12,
    encoding: 'utf8',
    payload: 'say "hi", ü',
    properties: { contentType: 'text/plain' },
  })
  expect(rows[2]).toMatchObject({ encoding: 'base64', payload: '/wA=' })
})

test('CSV: quoted where it must be, and no cell that a spreadsheet would run', () => {
  const lines = new TextDecoder().decode(exported('csv')).trimEnd().split('\r\n')
  expect(lines[1]).toBe('1970-01-01T00:00:01.000Z,in,a/b,1,true,false,12,utf8,"say ""hi"", ü","{""contentType"":""text/plain""}"')
  expect(lines[2]).toBe("1970-01-01T00:00:02.000Z,out,'=cmd|x,0,false,false,4,utf8,'=1+1,")
})

test('pcapng: the analyser finds the same messages', () => {
  const analysis = new CaptureAnalysis({ auto: true, filter: 'mqtt.msgtype == 3', columns: true })
  analysis.push(exported('pcapng'))
  analysis.end()
  const infos: string[] = []
  for (let packet = analysis.next(); packet !== null; packet = analysis.next()) infos.push(packet.columns.info)
  expect(infos).toEqual(['Publish Message (id=1) [a/b] (text/plain)', 'Publish Message [=cmd|x]', 'Publish Message (id=3) [bytes]'])
})
