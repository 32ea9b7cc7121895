import type { ReactNode } from "react";

type SmallButtonProps = {
  readonly isBusy?: boolean;
  readonly onPress: () => void;
  readonly children: ReactNode;
};

/** Does something with the row or the panel that it stands in. */
export function SmallButton({ isBusy = false, onPress, children }: SmallButtonProps) {
  return (
    <button type="button" className="button small" disabled={isBusy} onClick={onPress}>
      {children}
    </button>
  );
}
