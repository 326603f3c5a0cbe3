// Display filters used before and those with a star, kept in the browser.
// The newest first; a star outlives forgetting.

const STORED = 'zanzara.filters'
const MOST = 20

export interface KeptFilter {
  readonly text: string
  readonly isStarred: boolean
}

/** What is used of the browser's storage. */
export interface FilterStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
}

/** Whatever stands in the storage: what is no list of filters is none. */
export function readFilters(storage: FilterStorage): KeptFilter[] {
  try {
    const stored: unknown = JSON.parse(storage.getItem(STORED) ?? '[]')
    if (!Array.isArray(stored)) return []
    return stored
      .filter((one): one is [string, number] => Array.isArray(one) && typeof one[0] === 'string')
      .slice(0, 2 * MOST)
      .map(([text, star]) => ({ text, isStarred: star === 1 }))
  } catch {
    return []
  }
}

export function storeFilters(storage: FilterStorage, filters: readonly KeptFilter[]): void {
  try {
    storage.setItem(STORED, JSON.stringify(filters.map(({ text, isStarred }) => [text, isStarred ? 1 : 0])))
  } catch {
    // a closed or full storage: the list holds for this page only
  }
}

/** The list after a filter was applied. */
export function withFilter(filters: readonly KeptFilter[], text: string): KeptFilter[] {
  if (text.trim() === '') return [...filters]
  const isStarred = filters.find((one) => one.text === text)?.isStarred === true
  const kept = [{ text, isStarred }, ...filters.filter((one) => one.text !== text)]
  let plain = 0
  return kept.filter((one) => one.isStarred || ++plain <= MOST)
}

/** Gives a filter its star, or takes it. */
export function withStar(filters: readonly KeptFilter[], text: string): KeptFilter[] {
  if (!filters.some((one) => one.text === text)) return [{ text, isStarred: true }, ...filters]
  return filters.map((one) => (one.text === text ? { text, isStarred: !one.isStarred } : one))
}
