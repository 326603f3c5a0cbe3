// A message as a line for a terminal or a program: mosquitto_pub, JavaScript, Python, curl. Each really runs as it stands.
// What a tool cannot say is said in a comment above it, not left out in silence.

import { type Part, parseTemplate } from '../../worker/template.ts'
import { OFFERED, type PublishForm, payloadOf, type TypedProperty } from './publish-form.ts'

export type CopyForm = 'mosquitto_pub' | 'JS' | 'Python' | 'curl'

export const COPY_FORMS: readonly CopyForm[] = ['mosquitto_pub', 'JS', 'Python', 'curl']

export interface CopyTarget {
  readonly host: string
  /** Of plain MQTT. */
  readonly port: number
  readonly userName: string
  readonly version: 3 | 4 | 5
}

const VERSIONS = { 3: 'mqttv31', 4: 'mqttv311', 5: 'mqttv5' } as const

export function copyAs(as: CopyForm, form: PublishForm, target: CopyTarget): string {
  switch (as) {
    case 'mosquitto_pub':
      return mosquittoPub(form, target)
    case 'JS':
      return javascript(form, target)
    case 'Python':
      return python(form, target)
    case 'curl':
      return curl(form, target)
  }
}

function mosquittoPub(form: PublishForm, { host, port, userName, version }: CopyTarget): string {
  const isText = form.kind === 'json' || form.kind === 'text'
  const words = ['mosquitto_pub', '-h', shellWord(host)]
  if (port !== 1883) words.push('-p', String(port))
  if (userName !== '') words.push('-u', shellWord(userName), '-P', '"$MQTT_PASSWORD"')
  words.push('-V', VERSIONS[version])
  if (form.qos > 0) words.push('-q', String(form.qos))
  if (form.retain) words.push('-r')
  const lines = [words.join(' '), `-t ${shellTemplate(form.topic)}`]
  if (version === 5)
    for (const { option, name, value } of form.properties)
      lines.push(`-D publish ${option} ${option === 'user-property' ? `${shellWord(name)} ` : ''}${shellWord(value)}`)
  const payload = payloadOf(form)
  if (payload.length === 0) lines.push('-n')
  else if (isText) lines.push(`-m ${shellTemplate(form.text)}`)
  else if (form.kind === 'file') lines.push(`-f ${shellWord(form.file?.name ?? '')}`)
  else lines.push('-s')
  const line = `${form.kind === 'hex' && payload.length > 0 ? `printf ${octal(payload)} | ` : ''}${lines.join(' \\\n  ')}`
  const login = userName === '' ? '' : '# set MQTT_PASSWORD first\n'
  return `${login}${shellLoop(form, line)}`
}

function curl(form: PublishForm, { host, port, userName }: CopyTarget): string {
  const lost = [form.qos > 0 ? `QoS ${form.qos}` : '', form.retain ? 'retain' : '', form.properties.length > 0 ? 'properties' : ''].filter(
    (text) => text !== '',
  )
  const comment = lost.length === 0 ? '' : `# curl publishes with QoS 0 and nothing else: ${lost.join(', ')} left out\n`
  const user = userName === '' ? '' : ` -u ${shellWord(userName)}:"$MQTT_PASSWORD"`
  const isText = form.kind === 'json' || form.kind === 'text'
  const payload = payloadOf(form)
  const data = isText
    ? `--data-raw ${shellTemplate(form.text)}`
    : form.kind === 'file'
      ? `--data-binary @${shellWord(form.file?.name ?? '')}`
      : '--data-binary @-'
  const url = `mqtt://${host.includes(':') ? `[${host}]` : host}:${port}/`
  const topic = shellParts(parseTemplate(form.topic).parts, (text) => shellWord(encodeURIComponent(text)))
  const line = `${form.kind === 'hex' ? `printf ${octal(payload)} | ` : ''}curl${user} ${data} ${shellWord(url)}${topic}`
  return `${comment}${shellLoop(form, line)}`
}

function javascript(form: PublishForm, { host, port, userName, version }: CopyTarget): string {
  const options = [
    ...(userName === '' ? [] : [`username: ${js(userName)}`, 'password: process.env.MQTT_PASSWORD']),
    ...(version === 5 ? [] : [`version: ${version}`]),
  ]
  const properties = version === 5 ? jsProperties(form.properties) : ''
  const settings = [
    ...(form.qos > 0 ? [`qos: ${form.qos}`] : []),
    ...(form.retain ? ['retain: true'] : []),
    ...(properties === '' ? [] : [`properties: { ${properties} }`]),
  ]
  const payload =
    form.kind === 'file'
      ? `await readFile(${js(form.file?.name ?? '')})`
      : form.kind === 'hex'
        ? `Uint8Array.of(${[...payloadOf(form)].join(', ')})`
        : jsTemplate(form.text)
  const publish = `await mqtt.publish(${jsTemplate(form.topic)}, ${payload}${settings.length === 0 ? '' : `, { ${settings.join(', ')} }`})`
  const body = repeats(form)
    ? `for (let n = 1; n <= ${times(form)}; n++) {\n  ${publish}\n  await new Promise((done) => setTimeout(done, ${form.everyMs}))\n}`
    : usesN(form)
      ? `const n = 1\n${publish}`
      : publish
  return [
    ...(form.kind === 'file' ? ["import { readFile } from 'node:fs/promises'"] : []),
    "import { connect } from 'zanzara/client'",
    '',
    `const mqtt = await connect(${js(`mqtt://${host.includes(':') ? `[${host}]` : host}:${port}`)}${options.length === 0 ? '' : `, { ${options.join(', ')} }`})`,
    body,
    'await mqtt.end()',
    '',
  ].join('\n')
}

function python(form: PublishForm, { host, port, userName, version }: CopyTarget): string {
  const hasProperties = version === 5 && form.properties.length > 0
  const all = [form.topic, form.kind === 'json' || form.kind === 'text' ? form.text : ''].flatMap((text) => parseTemplate(text).parts)
  const uses = (kind: string): boolean => all.some((part) => part.kind === kind)
  const imports = [
    ...(uses('iso') ? ['datetime'] : []),
    ...(userName === '' ? [] : ['os']),
    ...(uses('rand') || uses('pick') ? ['random'] : []),
    ...(uses('ts') || repeats(form) ? ['time'] : []),
    ...(uses('uuid') ? ['uuid'] : []),
  ].map((name) => `import ${name}`)
  const payload =
    form.kind === 'file'
      ? `open(${py(form.file?.name ?? '')}, "rb").read()`
      : form.kind === 'hex'
        ? `bytes.fromhex("${hex(payloadOf(form))}")`
        : pyTemplate(form.text)
  const words = [
    pyTemplate(form.topic),
    payload,
    `qos=${form.qos}`,
    ...(form.retain ? ['retain=True'] : []),
    ...(hasProperties ? ['properties=properties'] : []),
  ]
  const publish = `client.publish(${words.join(', ')}).wait_for_publish()`
  return [
    ...imports,
    'import paho.mqtt.client as mqtt',
    ...(hasProperties ? ['from paho.mqtt.packettypes import PacketTypes', 'from paho.mqtt.properties import Properties'] : []),
    '',
    `client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.${{ 3: 'MQTTv31', 4: 'MQTTv311', 5: 'MQTTv5' }[version]})`,
    ...(userName === '' ? [] : [`client.username_pw_set(${py(userName)}, os.environ["MQTT_PASSWORD"])`]),
    `client.connect(${py(host)}, ${port})`,
    'client.loop_start()',
    ...(hasProperties ? ['properties = Properties(PacketTypes.PUBLISH)', ...form.properties.map(pyProperty)] : []),
    ...(repeats(form)
      ? [`for n in range(1, ${times(form) + 1}):`, `    ${publish}`, `    time.sleep(${form.everyMs / 1000})`]
      : usesN(form)
        ? ['n = 1', publish]
        : [publish]),
    'client.loop_stop()',
    'client.disconnect()',
    '',
  ].join('\n')
}

const repeats = (form: PublishForm): boolean => form.repeats && form.times > 1
const times = (form: PublishForm): number => (form.repeats ? form.times : 1)

function usesN(form: PublishForm): boolean {
  const texts = [form.topic, form.kind === 'json' || form.kind === 'text' ? form.text : '']
  return texts.some((text) => parseTemplate(text).parts.some(({ kind }) => kind === 'n'))
}

function shellLoop(form: PublishForm, line: string): string {
  if (!repeats(form)) return usesN(form) ? `n=1\n${line}\n` : `${line}\n`
  return `for n in $(seq ${form.times}); do\n${line}\nsleep ${form.everyMs / 1000}; done\n`
}

/** One word of a POSIX shell: bare when it may be, else in single quotes. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

function shellTemplate(text: string): string {
  const { parts } = parseTemplate(text)
  return parts.length === 0 ? "''" : shellParts(parts, shellWord)
}

/** Texts and placeholders, one behind the other: together one word. */
function shellParts(parts: readonly Part[], word: (text: string) => string): string {
  return parts.map((part) => (part.kind === 'text' ? word(part.text) : shellPart(part))).join('')
}

function shellPart(part: Exclude<Part, { kind: 'text' }>): string {
  switch (part.kind) {
    case 'n':
      return '"$n"'
    case 'ts':
      return '"$(date +%s%3N)"'
    case 'iso':
      return '"$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)"'
    case 'uuid':
      return '"$(cat /proc/sys/kernel/random/uuid)"'
    case 'pick':
      return `"$(shuf -n 1 -e ${part.words.map(shellWord).join(' ')})"`
    case 'rand':
      if (part.decimals === 0) return `"$(shuf -n 1 -i ${part.from}-${part.to})"`
      return `"$(shuf -n 1 -i 0-1000000 | awk '{printf "%.${part.decimals}f", ${part.from} + $1 / 1000000 * ${part.to - part.from}}')"`
  }
}

/** A format of printf that gives the bytes. */
function octal(bytes: Uint8Array): string {
  return `'${Array.from(bytes, (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}'`
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

const js = (text: string): string => JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')

function jsTemplate(text: string): string {
  const { parts } = parseTemplate(text)
  if (parts.every(({ kind }) => kind === 'text')) return js(text)
  return parts
    .map((part) => (part.kind === 'text' ? js(part.text) : jsPart(part)))
    .reduce((all, one, i) => (i === 0 && !one.startsWith('"') ? `"" + ${one}` : i === 0 ? one : `${all} + ${one}`), '')
}

function jsPart(part: Exclude<Part, { kind: 'text' }>): string {
  switch (part.kind) {
    case 'n':
      return 'n'
    case 'ts':
      return 'Date.now()'
    case 'iso':
      return 'new Date().toISOString()'
    case 'uuid':
      return 'crypto.randomUUID()'
    case 'pick':
      return `[${part.words.map(js).join(', ')}][Math.floor(Math.random() * ${part.words.length})]`
    case 'rand':
      if (part.decimals === 0) return `(${part.from} + Math.floor(Math.random() * ${part.to - part.from + 1}))`
      return `(${part.from} + Math.random() * ${part.to - part.from}).toFixed(${part.decimals})`
  }
}

function jsProperties(typed: readonly TypedProperty[]): string {
  const users = typed.filter(({ option }) => option === 'user-property').map(({ name, value }) => `[${js(name)}, ${js(value)}]`)
  const others = typed
    .filter(({ option }) => option !== 'user-property')
    .flatMap(({ option, value }) => {
      const row = OFFERED.find((one) => one.option === option)
      if (row === undefined) return []
      return [`${row.name}: ${row.type === 'binary' ? `new TextEncoder().encode(${js(value)})` : row.type === 'text' ? js(value) : Number(value)}`]
    })
  return [...others, ...(users.length === 0 ? [] : [`userProperties: [${users.join(', ')}]`])].join(', ')
}

/** Python reads what JSON writes, once the characters beyond the BMP are whole. */
const py = (text: string): string => JSON.stringify(text)

function pyTemplate(text: string): string {
  const { parts } = parseTemplate(text)
  if (parts.every(({ kind }) => kind === 'text')) return py(text)
  return parts.map((part) => (part.kind === 'text' ? py(part.text) : `str(${pyPart(part)})`)).join(' + ')
}

function pyPart(part: Exclude<Part, { kind: 'text' }>): string {
  switch (part.kind) {
    case 'n':
      return 'n'
    case 'ts':
      return 'int(time.time() * 1000)'
    case 'iso':
      return 'datetime.datetime.now(datetime.timezone.utc).isoformat()'
    case 'uuid':
      return 'uuid.uuid4()'
    case 'pick':
      return `random.choice([${part.words.map(py).join(', ')}])`
    case 'rand':
      return part.decimals === 0 ? `random.randint(${part.from}, ${part.to})` : `round(random.uniform(${part.from}, ${part.to}), ${part.decimals})`
  }
}

function pyProperty({ option, name, value }: TypedProperty): string {
  const row = OFFERED.find((one) => one.option === option)
  const title = (row?.title ?? option).replaceAll(' ', '')
  if (option === 'user-property') return `properties.UserProperty = (${py(name)}, ${py(value)})`
  return `properties.${title} = ${row?.type === 'binary' ? `${py(value)}.encode()` : row?.type === 'text' ? py(value) : Number(value)}`
}
