export { BOOTSTRAP_RIGHTS, hubRights, missingRight } from './access-reviews.ts'
export { type AgentNames, findAgentNames } from './agent-names.ts'
export {
  parseRegistrationAgentConfig,
  REGISTRATION_AGENT_SPEC,
  type RegistrationAgentConfig,
} from './flags.ts'
export { DEFAULT_AGENT_OPTIONS, type RegistrationAgentOptions } from './options.ts'
export {
  type AgentPhase,
  RegistrationAgent,
  type RegistrationAgentComponents,
} from './registration-agent.ts'
