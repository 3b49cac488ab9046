/** What the schema of conditions lets through. */
const MOST_CHARACTERS = 32_768

/** A message that fits into a condition: what others have written can be of any length, and a status with it would be refused. */
export function shortMessage(message: string): string {
  return message.length <= MOST_CHARACTERS
    ? message
    : `${message.slice(0, MOST_CHARACTERS - 1).toWellFormed()}…`
}
