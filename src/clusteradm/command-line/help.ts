import type { CommandTable, Section } from './command-tree.ts'

const WORD_COLUMNS = 16

/** What `clusteradm` alone prints. */
export function rootHelp(sections: readonly Section[]): string {
  return [
    'clusteradm controls the Open Cluster Management control plane: hubs, and the clusters that they manage.',
    '',
    'Usage:',
    '  clusteradm [command]',
    '',
    ...sections.flatMap(({ title, commands }) => [`${title}:`, ...listOf(commands), '']),
    'Use "clusteradm <command> --help" for more information about a given command.',
    'Use "clusteradm options" for a list of global command-line options (applies to all commands).',
    '',
  ].join('\n')
}

/** What a command of several prints when it is not said which. */
export function groupHelp(words: readonly string[], summary: string, commands: CommandTable): string {
  const name = ['clusteradm', ...words].join(' ')
  return [
    `${summary[0]?.toUpperCase()}${summary.slice(1)}.`,
    '',
    'Available Commands:',
    ...listOf(commands),
    '',
    'Usage:',
    `  ${name} [command] [flags]`,
    '',
    `Use "${name} <command> --help" for more information about a given command.`,
    'Use "clusteradm options" for a list of global command-line options (applies to all commands).',
    '',
  ].join('\n')
}

function listOf(commands: CommandTable): string[] {
  return Object.entries(commands).map(([word, { summary }]) => `  ${word.padEnd(WORD_COLUMNS)}${summary}`)
}
