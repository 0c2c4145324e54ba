/** Small symmetric positive definite systems: factored once (Cholesky), solved for any right-hand side. Pure. */

/** Square, row by row. */
export type Matrix = readonly Float64Array[];

export function zeros(size: number): Float64Array[] {
  return Array.from({ length: size }, () => new Float64Array(size));
}

/** The solver of `matrix · x = right`; undefined when the matrix is not positive definite. */
export function solverOf(matrix: Matrix): ((right: Float64Array) => Float64Array) | undefined {
  const size = matrix.length;
  const lower = zeros(size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let rest = at(matrix, row, column);
      for (let inner = 0; inner < column; inner++) rest -= at(lower, row, inner) * at(lower, column, inner);
      if (row !== column) (lower[row] as Float64Array)[column] = rest / at(lower, column, column);
      // Less than rounding leaves of the diagonal is nothing.
      else if (!(rest > 1e-12 * at(matrix, row, row))) return undefined;
      else (lower[row] as Float64Array)[row] = Math.sqrt(rest);
    }
  }
  return (right) => substituted(lower, right);
}

export function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index++) sum += (left[index] ?? 0) * (right[index] ?? 0);
  return sum;
}

function substituted(lower: Matrix, right: Float64Array): Float64Array {
  const solution = right.slice();
  for (let row = 0; row < solution.length; row++) {
    let rest = solution[row] ?? 0;
    for (let column = 0; column < row; column++) rest -= at(lower, row, column) * (solution[column] ?? 0);
    solution[row] = rest / at(lower, row, row);
  }
  for (let row = solution.length - 1; row >= 0; row--) {
    let rest = solution[row] ?? 0;
    for (let below = row + 1; below < solution.length; below++)
      rest -= at(lower, below, row) * (solution[below] ?? 0);
    solution[row] = rest / at(lower, row, row);
  }
  return solution;
}

function at(matrix: Matrix, row: number, column: number): number {
  return matrix[row]?.[column] ?? 0;
}
