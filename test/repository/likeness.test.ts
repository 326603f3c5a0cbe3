// How pages are compared with what is printed: what differs in each run may differ, and nothing else.
// A mask that hid a fault would be found here.

import { expect, test } from 'vitest'
import { compareLines, Likeness } from '../support/guide/likeness.ts'
import { readPage } from '../support/guide/page.ts'

const seconds = (): number => Math.floor(Date.now() / 1000)
const fresh = (): Likeness => new Likeness('1.2.3')

test('the same lines are the same; other words, spaces and numbers are not', () => {
  const likeness = fresh()
  expect(likeness.isSame('Sending PUBACK to a (m1, rc0)', 'Sending PUBACK to a (m1, rc0)')).toBe(true)
  for (const other of [
    'Sending PUBACK to a (m2, rc0)',
    'Sending PUBACK to b (m1, rc0)',
    'Sending PUBACK  to a (m1, rc0)',
    'Sending PUBACK to a (m1, rc0) ',
    '',
  ])
    expect(likeness.isSame('Sending PUBACK to a (m1, rc0)', other)).toBe(false)
})

test('a stamp must be of now', () => {
  expect(fresh().isSame('1795343791: running', `${seconds()}: running`)).toBe(true)
  expect(fresh().isSame('1795343791: running', '1795343791: running')).toBe(false)
  expect(fresh().isSame('1795343791: running', `${seconds() + 60}: running`)).toBe(false)
  expect(fresh().isSame('1795343791: running', 'running')).toBe(false)
  expect(fresh().isSame('at 2026-11-22T15:04:05', 'at 2019-01-01T00:00:00')).toBe(false)
  expect(fresh().isSame('until 2027-11-22', `until ${new Date(Date.now() + 365 * 86_400_000).toISOString().slice(0, 10)}`)).toBe(true)
})

test('a port of a client stands for one port wherever it stands, ports of brokers for themselves', () => {
  const likeness = fresh()
  expect(likeness.isSame('from 127.0.0.1:40001', 'from 127.0.0.1:51234')).toBe(true)
  expect(likeness.isSame('Client a [127.0.0.1:40001]', 'Client a [127.0.0.1:51234]')).toBe(true)
  expect(likeness.isSame('Client a [127.0.0.1:40001]', 'Client a [127.0.0.1:51235]')).toBe(false)
  expect(likeness.isSame('Client b [127.0.0.1:40002]', 'Client b [127.0.0.1:51234]')).toBe(false)
  expect(likeness.isSame('from 127.0.0.1:40003', 'from 127.0.0.1:32768')).toBe(true)
  expect(likeness.isSame('mqtt://127.0.0.1:1883', 'mqtt://127.0.0.1:1884')).toBe(false)
})

test('a made-up identifier is bound too; a given one is not one', () => {
  const likeness = fresh()
  const shown = 'auto-8D182AFA-7B3A-47AC-B09E-E6B8D03667A6'
  expect(likeness.isSame(shown, 'auto-00000000-0000-4000-8000-000000000000')).toBe(true)
  expect(likeness.isSame(`to ${shown}`, 'to auto-00000000-0000-4000-8000-000000000001')).toBe(false)
  expect(likeness.isSame(shown, 'sensor')).toBe(false)
})

test('the version of a page is the version of the package, whichever the page was written with', () => {
  expect(fresh().isSame('zanzara version 0.1.0 running', 'zanzara version 1.2.3 running')).toBe(true)
  expect(fresh().isSame('zanzara version 0.1.0 running', 'zanzara version 0.1.0 running')).toBe(false)
})

test('an ellipsis is text within a line, and lines when alone', () => {
  expect(fresh().isSame('valid … days left', 'valid for 364 days left')).toBe(true)
  expect(fresh().isSame('valid … days left', 'valid for 364 days ago')).toBe(false)
  expect(fresh().isSame('a (b) … c', 'a b x c')).toBe(false)
  expect(compareLines(['a', '…', 'd'], ['a', 'b', 'c', 'd', 'e'], fresh())).toEqual({ matched: 4 })
  expect(compareLines(['a', '…'], ['a', 'b'], fresh())).toEqual({ matched: 1 })
  expect(compareLines(['a', 'c'], ['a', 'b', 'c'], fresh())).toBe('differs')
  expect(compareLines(['…', 'd'], ['a', 'b'], fresh())).toBe('wants more')
  expect(compareLines(['a', 'b'], ['a'], fresh())).toBe('wants more')
  expect(compareLines(['a'], ['a', 'b'], fresh())).toEqual({ matched: 1 })
})

test('a page is read as files, terminals and commands', () => {
  const page =
    '# x\n\n```conf a.conf\nlistener 1\n```\n\n```console broker\n$ zanzara broker\n…\n```\n<!-- until broker: running -->\n```console\n$ one \\\n> two\nout\n$ three\n```\n```sh\nnot run\n```\n'
  expect(readPage(page)).toMatchObject([
    { kind: 'file', name: 'a.conf', text: 'listener 1\n' },
    { kind: 'console', terminal: 'broker', parts: [{ command: 'zanzara broker', output: ['…'] }] },
    { kind: 'until', name: 'broker', text: 'running' },
    {
      kind: 'console',
      terminal: null,
      parts: [
        { command: 'one \\\ntwo', output: ['out'] },
        { command: 'three', output: [] },
      ],
    },
  ])
  expect(() => readPage('```console\n$ x\n')).toThrow('line 1: the block has no end')
})
