/** The one table of the codes with which a program file is refused. */

export const verifyCodes = {
  DN101: 'the bytes are malformed',
  DN102: 'the file is too large',
  DN103: 'a section is missing, misplaced or not allowed',
  DN104: 'the manifest is malformed',
  DN105: 'an instruction is not allowed',
  DN106: 'the function has not the one form that is allowed',
  DN107: 'memory is read or written where that is not allowed',
  DN108: 'an effect is not written whole, or is none that the manifest names',
  DN109: 'the memory does not fit the program',
  DN110: 'the WebAssembly engine refuses the module',
  DN111: 'a limit is exceeded',
  DN120: 'the file is not signed',
  DN121: 'the signature is malformed',
  DN122: 'the file is signed by no trusted key',
  DN123: 'the signature does not fit the file',
  DN124: 'the file is signed by a revoked key',
} as const;

export type VerifyCode = keyof typeof verifyCodes;
