// The message as a command: what each form says, and what it leaves out only with a word about it.
// That the lines really run: test/interop/console-copy-as.test.ts.

import { expect, test } from 'vitest'
import { COPY_FORMS, type CopyTarget, copyAs, shellWord } from '../../src/console/views/publish/copy-as.ts'
import { EMPTY_FORM, type PublishForm } from '../../src/console/views/publish/publish-form.ts'

const TARGET: CopyTarget = { host: 'lab-broker', port: 1883, userName: '', version: 5 }
const FORM: PublishForm = { ...EMPTY_FORM, topic: 'a/b', text: 'open' }

test('mosquitto_pub in a line: only what differs from its defaults, but the version', () => {
  expect(copyAs('mosquitto_pub', FORM, TARGET)).toBe('mosquitto_pub -h lab-broker -V mqttv5 \\\n  -t a/b \\\n  -m open\n')
  const form: PublishForm = { ...FORM, qos: 1, retain: true, text: "it's", properties: [{ option: 'user-property', name: 'k', value: 'v w' }] }
  expect(copyAs('mosquitto_pub', form, { ...TARGET, port: 1884, userName: 'me' })).toBe(
    `# set MQTT_PASSWORD first\nmosquitto_pub -h lab-broker -p 1884 -u me -P "$MQTT_PASSWORD" -V mqttv5 -q 1 -r \\\n  -t a/b \\\n  -D publish user-property k 'v w' \\\n  -m 'it'\\''s'\n`,
  )
})

test('3.1.1 has no properties', () => {
  const form: PublishForm = { ...FORM, properties: [{ option: 'content-type', name: '', value: 'text/plain' }] }
  for (const as of COPY_FORMS) expect(copyAs(as, form, { ...TARGET, version: 4 })).not.toContain('text/plain')
})

test('curl says what it cannot send', () => {
  expect(copyAs('curl', { ...FORM, qos: 2, retain: true }, TARGET)).toContain('# curl publishes with QoS 0 and nothing else: QoS 2, retain left out')
  expect(copyAs('curl', FORM, TARGET)).not.toContain('#')
})

test('passwords stand in no line', () => {
  for (const as of COPY_FORMS) expect(copyAs(as, FORM, { ...TARGET, userName: 'me' })).toContain('MQTT_PASSWORD')
})

test('a repetition is a loop with its pause', () => {
  const form: PublishForm = { ...FORM, text: '{"n":{{n}}}', repeats: true, times: 20, everyMs: 500 }
  expect(copyAs('mosquitto_pub', form, TARGET)).toMatch(/^for n in \$\(seq 20\); do\nmosquitto_pub [\s\S]*'\{"n":'"\$n"'\}'\nsleep 0\.5; done\n$/)
  expect(copyAs('JS', form, TARGET)).toContain('for (let n = 1; n <= 20; n++)')
  expect(copyAs('Python', form, TARGET)).toContain('for n in range(1, 21):')
})

test.each([
  ['a/b', 'a/b'],
  ['', "''"],
  ['a b', "'a b'"],
  ["it's", "'it'\\''s'"],
  ['$HOME', "'$HOME'"],
  ['-x', '-x'],
])('%s is one word of a shell', (text, word) => {
  expect(shellWord(text)).toBe(word)
})
