// What a drop-in for Mosquitto owes is either proved from outside by a test or told in docs/compatibility.md: options, $SYS topics, lessons.
// Flags have a table of their own, test/cli/every-flag.test.ts.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../../scripts/project.mjs'
import { OPTIONS } from '../../src/config/options.ts'

const paper = readFileSync(join(root, 'docs', 'compatibility.md'), 'utf8')

function tests(folder: string, pattern: RegExp): string {
  return readdirSync(join(root, 'test', folder))
    .filter((name) => pattern.test(name))
    .map((name) => readFileSync(join(root, 'test', folder, name), 'utf8'))
    .join('\n')
}

/** As a word of its own; `plugin_opt_*` stands for all that begin so. */
function names(text: string, option: string): boolean {
  const word = option.replaceAll('.', '\\.')
  return new RegExp(`(?<![\\w.])${word.endsWith('*') ? word.slice(0, -1) : `${word}(?!\\w)`}`).test(text)
}

test('every option of the file has a test of a running broker, or a line that says what it does instead', () => {
  const running = tests('cli', /^broker-.*\.test\.ts$/)
  const bridges = tests('config', /\.test\.ts$/)
  const forgotten = OPTIONS.flatMap(({ scope, row }) =>
    [row.name, ...(row.aliases ?? [])].filter((name) => !names(running, name) && !names(paper, name) && !(scope === 'bridge' && names(bridges, name))),
  )
  expect(forgotten).toEqual([])
})

/** What a lesson or a script sees of a broker and its clients, and the test that shows it: its file and words of its title. */
const LESSONS: readonly (readonly [row: string, file: string, title: string])[] = [
  ['ports: this machine only without a configuration', 'cli/broker-command.test.ts', 'without a configuration file: local only'],
  ['ports: TLS', 'cli/broker-tls.test.ts', 'certfile and keyfile: TLS'],
  ['the trace of CONNECT and CONNACK', 'cli/broker-command.test.ts', '-v shows the packets of a lesson, in order'],
  ['generated identifiers', 'cli/broker-reload.test.ts', 'generated identifiers keep their prefix'],
  ['QoS 0, 1 and 2 in the log', 'server/connection-lines.test.ts', 'QoS 0, 1 and 2: to the subscriber before the acknowledgement, at QoS 2 after PUBREL'],
  ['the lesser QoS', 'lab/exercises.ts', 'delivered QoS = min(published, subscribed), all nine pairs'],
  ['retained messages', 'lab/exercises.ts', 'a retained message waits for later subscribers until an empty one clears it'],
  ['persistent sessions', 'cli/client-transcripts.test.ts', 'a session that outlives its client, as a lesson shows it'],
  ['wills', 'cli/client-transcripts.test.ts', 'wills: killed at once; ended by a signal, none in 3.1.1 and one in 5.0'],
  ['keep alive', 'conformance/04-keep-alive.test.ts', 'silence of one and a half Keep Alive closes without a word, as Mosquitto does'],
  ['taking over', 'server/connection-lines.test.ts', 'another connection takes over the session of a client'],
  ['two clients with one identifier', 'cli/sub.test.ts', 'a session taken over in MQTT 5 is fought for, as with Mosquitto'],
  ['wildcards', 'lab/exercises.ts', 'exercise 4: wildcards'],
  ['# and $SYS', 'conformance/11-sys-topics.test.ts', '# and + do not bring them to a client'],
  ['overlapping subscriptions', 'cli/broker-limits.test.ts', 'allow_duplicate_messages: a copy for each overlapping subscription, or one'],
  ['own messages', 'conformance/09-subscriptions.test.ts', 'a client gets its own messages'],
  ['$SYS', 'cli/broker-log.test.ts', '$SYS: every topic of Mosquitto 2.1 and no other, retained, at once'],
  ['publishing without a right', 'cli/broker-access.test.ts', 'what may not be published is denied'],
  ['subscribing without a right', 'cli/broker-access.test.ts', 'what may not be read is not delivered; subscriptions are granted'],
  ['a wrong password', 'cli/broker-access.test.ts', 'a wrong one, an unknown user and nobody do not: 5 in 3.1.1, 135 in 5.0'],
  ['how a connection ended', 'server/connection-lines.test.ts', 'the socket is closed without DISCONNECT'],
  ['TLS that fails', 'cli/broker-tls.test.ts', 'who speaks no TLS leaves these lines'],
  ['shared subscriptions', 'conformance/10-shared.test.ts', 'messages go round the members, one copy each'],
  ['a publish to nobody', 'cli/pub.test.ts', 'no subscriber is no failure'],
  ['the broker’s output', 'cli/broker-transcripts.test.ts', "What Mosquitto 2.1's broker printed"],
  ['output as it comes', 'cli/sub.test.ts', 'messages are printed as they come, bytes untouched'],
  ['a reader that goes away', 'cli/sub.test.ts', 'when the reader of standard output goes away'],
  ['signals', 'cli/broker-log.test.ts', 'signals: USR2 prints the tree, PIPE is nothing, TERM ends with 0'],
  ['reload', 'cli/broker-reload.test.ts', 'a broken file changes nothing, and says where'],
  ['-d', 'cli/broker-command.test.ts', '-d: the parent is done at once'],
  ['the pid file', 'cli/broker-log.test.ts', 'pid_file: the number while it runs, gone afterwards'],
  ['giving up root', 'cli/broker-log.test.ts', 'user: root is given up before sockets are opened'],
  ['systemd', 'cli/broker-log.test.ts', 'NOTIFY_SOCKET: systemd is told'],
  ['password files of all kinds', 'auth/password-file.test.ts', '$6$'],
]

test.each(LESSONS)('%s: %s', (_row, file, title) => {
  expect(readFileSync(join(root, 'test', file), 'utf8')).toContain(title)
})

test('the contents lead to chapters that are there', () => {
  const anchors = new Set(
    [...paper.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
      title!
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  )
  const linked = [...paper.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor!)
  expect(linked.length).toBeGreaterThan(4)
  expect(linked.filter((anchor) => !anchors.has(anchor))).toEqual([])
})
