// A page of the guides or the lab, read as the steps that its reader takes: files to write, commands to type, output to see.
// Knows the form of the pages (docs/guide/README.md says it too); runs nothing.

/** A file that the page shows whole: "```conf lab.conf". */
export interface FileStep {
  readonly kind: 'file'
  readonly line: number
  readonly name: string
  readonly text: string
}

/** A block of a terminal: "```console", or "```console broker" for one whose command goes on. */
export interface ConsoleStep {
  readonly kind: 'console'
  readonly line: number
  /** Null: each command runs to its end. */
  readonly terminal: string | null
  /** Lines of the block between its fences: the 0-based index of the first one in the page, and how many there are. */
  readonly begin: number
  readonly parts: readonly ConsolePart[]
}

/** A command with what it prints; without one, what a running command prints next. `^C` is a line of its own. */
export interface ConsolePart {
  readonly command: string | null
  readonly output: readonly string[]
}

/** An invisible `<!-- until NAME: TEXT -->`: what comes now needs TEXT in a line that the terminal has not shown yet, or in the file of that name. */
export interface UntilStep {
  readonly kind: 'until'
  readonly line: number
  readonly name: string
  readonly text: string
}

export type Step = FileStep | ConsoleStep | UntilStep

/** @throws Error when a block is not closed */
export function readPage(text: string): Step[] {
  const lines = text.split('\n')
  const steps: Step[] = []
  for (let at = 0; at < lines.length; at++) {
    const until = /^<!-- until ([\w.-]+): (.*) -->$/.exec(lines[at]!)
    if (until !== null) steps.push({ kind: 'until', line: at + 1, name: until[1]!, text: until[2]! })
    const fence = /^```(\w*) ?(.*)$/.exec(lines[at]!)
    if (fence === null) continue
    const end = lines.indexOf('```', at + 1)
    if (end < 0) throw new Error(`line ${at + 1}: the block has no end`)
    const block = lines.slice(at + 1, end)
    const [, language, name] = fence
    if (language === 'console') steps.push({ kind: 'console', line: at + 1, terminal: name === '' ? null : name!, begin: at + 1, parts: partsOf(block) })
    else if (name !== '') steps.push({ kind: 'file', line: at + 1, name: name!, text: `${block.join('\n')}\n` })
    at = end
  }
  return steps
}

function partsOf(block: readonly string[]): ConsolePart[] {
  const parts: { command: string | null; output: string[] }[] = []
  for (let at = 0; at < block.length; at++) {
    const line = block[at]!
    if (line.startsWith('$ ')) {
      let command = line.slice(2)
      while (command.endsWith('\\') && block[at + 1]?.startsWith('> ') === true) command = `${command}\n${block[++at]!.slice(2)}`
      parts.push({ command, output: [] })
    } else {
      if (parts.length === 0) parts.push({ command: null, output: [] })
      parts.at(-1)!.output.push(line)
    }
  }
  return parts.length > 0 ? parts : [{ command: null, output: [] }]
}
