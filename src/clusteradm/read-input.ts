import { readFile } from 'node:fs/promises'

/** The text of a file, of which `-` is stdin. */
export async function readInput(source: string): Promise<string> {
  return source === '-' ? (await process.stdin.toArray()).join('') : readFile(source, 'utf8')
}
