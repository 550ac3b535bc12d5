"""The DPO run and its SFT control: TRL on a dataset folder, guarded, resumable, offline."""
