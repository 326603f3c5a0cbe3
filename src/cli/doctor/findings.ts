// What the doctor found: how good or bad, in one sentence, with the line that mends it; and how a list of it is printed.
// The looking itself is in the other files of this folder.

import { escapeControls } from '../../server/log-destinations.ts'
import type { Colours } from '../colours.ts'

export type FindingLevel = 'fine' | 'look' | 'broken'

export interface Finding {
  readonly level: FindingLevel
  /** What it is about: `configuration`, `listener`, `login`, `certificate`, `connect`, `system`, `network`. */
  readonly about: string
  readonly text: string
  /** Lines of the configuration or of a shell that mend it; empty when there is nothing to do. */
  readonly mend: readonly string[]
}

/** A list that grows while the doctor looks. */
export class Findings {
  readonly list: Finding[] = []

  fine(about: string, text: string): void {
    this.list.push({ level: 'fine', about, text, mend: [] })
  }

  /** Worth a look: it may be meant so. */
  look(about: string, text: string, ...mend: readonly string[]): void {
    this.list.push({ level: 'look', about, text, mend })
  }

  broken(about: string, text: string, ...mend: readonly string[]): void {
    this.list.push({ level: 'broken', about, text, mend })
  }

  get isBroken(): boolean {
    return this.list.some(({ level }) => level === 'broken')
  }
}

const MARKS: Readonly<Record<FindingLevel, string>> = { fine: '✓', look: '!', broken: '✗' }

export function findingsText(list: readonly Finding[], colours: Colours): string {
  const paint = { fine: colours.good, look: colours.caution, broken: colours.bad }
  const rows = list.flatMap(({ level, text, mend }) => [
    `${paint[level](MARKS[level])} ${escapeControls(text)}`,
    ...mend.map((line) => `    ${colours.bold(escapeControls(line))}`),
  ])
  return `${rows.join('\n')}\n\n${summary(list)}\n`
}

export function findingsJson(list: readonly Finding[]): string {
  return `${JSON.stringify({ fine: !list.some(({ level }) => level === 'broken'), findings: list })}\n`
}

function summary(list: readonly Finding[]): string {
  const count = (wanted: FindingLevel): number => list.filter(({ level }) => level === wanted).length
  const broken = count('broken')
  const look = count('look')
  const worth = look === 0 ? '' : `, ${look} worth a look`
  if (broken === 0) return look === 0 ? 'All is well.' : `Nothing is broken${worth}.`
  return `${broken === 1 ? 'One thing is' : `${broken} things are`} broken${worth}.`
}
