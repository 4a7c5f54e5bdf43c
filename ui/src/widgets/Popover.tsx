// A button with a pop-up: the platform's own popover, so that Escape, focus and outside clicks just work.
import { useId, useRef, useState, type ReactNode } from "react";

interface Props {
  label: string;
  button: ReactNode;
  className?: string;
  align?: "left" | "right";
  children: (close: () => void) => ReactNode;
}

export function Popover({ label, button, className = "button", align = "left", children }: Props) {
  const id = useId();
  const anchor = useRef<HTMLButtonElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);

  const place = () => {
    const from = anchor.current!.getBoundingClientRect();
    const pop = body.current!;
    const left = align === "left" ? from.left : from.right - pop.offsetWidth;
    pop.style.left = `${Math.max(8, Math.min(left, window.innerWidth - pop.offsetWidth - 8))}px`;
    const below = from.bottom + 6;
    pop.style.top = `${below + pop.offsetHeight > window.innerHeight - 8 ? Math.max(8, from.top - pop.offsetHeight - 6) : below}px`;
  };
  return (
    <>
      <button
        ref={anchor}
        type="button"
        className={className}
        aria-label={label}
        title={label}
        aria-expanded={open}
        popoverTarget={id}
      >
        {button}
      </button>
      <div
        id={id}
        ref={body}
        className="popover"
        popover="auto"
        role="dialog"
        aria-label={label}
        onToggle={(event) => {
          const now = event.newState === "open";
          setOpen(now);
          if (now) requestAnimationFrame(place);
        }}
      >
        {open && children(() => body.current?.hidePopover())}
      </div>
    </>
  );
}
