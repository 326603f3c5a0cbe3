// How a condition joins the filter that is there: alone, negated, with and, with or. Brackets only where they change something.
// The language is Wireshark's: `&&` binds closer than `||`.

export type Joining = 'alone' | 'not' | 'and' | 'or' | 'and-not' | 'or-not'

export const JOININGS: readonly Joining[] = ['alone', 'not', 'and', 'or', 'and-not', 'or-not']

export function joinedFilter(filter: string, condition: string, how: Joining): string {
  const there = filter.trim()
  const isNegated = how === 'not' || how === 'and-not' || how === 'or-not'
  const added = isNegated ? negated(condition) : condition
  if (there === '' || how === 'alone' || how === 'not') return added
  const isAnd = how === 'and' || how === 'and-not'
  return `${isAnd && hasOr(there) ? `(${there})` : there} ${isAnd ? '&&' : '||'} ${added}`
}

/** `!=` would hide packets that lack the field as well: a negated equation keeps them. */
function negated(condition: string): string {
  return /^[\w.]+$/.test(condition) ? `!${condition}` : `!(${condition})`
}

/** An `or` outside of quotes and brackets. */
function hasOr(filter: string): boolean {
  let depth = 0
  const unquoted = filter.replace(/"(?:[^"\\]|\\.)*"/g, '""')
  for (const [sign] of unquoted.matchAll(/[()]|\|\||\bor\b/g)) {
    if (sign === '(') depth++
    else if (sign === ')') depth--
    else if (depth === 0) return true
  }
  return false
}
