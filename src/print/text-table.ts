// A table for people: a title, columns as wide as their longest text, numbers to the right.
// The last column may be as long as it likes.

import { treeEscaped } from './escapes.ts'

export interface TableColumn {
  readonly title: string
  readonly isNumber: boolean
}

/** Lines with line ends. Cells are shown with their control characters made visible. */
export function textTable(title: string, columns: readonly TableColumn[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? numberText(cell) : treeEscaped(cell))))
  const widths = columns.map((column, i) => Math.max([...column.title].length, ...cells.map((row) => [...row[i]!].length)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => {
        const padding = ' '.repeat(widths[i]! - [...cell].length)
        return columns[i]!.isNumber ? padding + cell : cell + padding
      })
      .join('  ')
      .trimEnd()
  const head = line(columns.map((column) => column.title))
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  return `\n${title}\n\n${[head, rule, ...cells.map(line)].join('\n')}\n`
}

function numberText(value: number): string {
  return Number.isInteger(value) ? `${value}` : value.toFixed(value < 100 ? 2 : 0)
}
