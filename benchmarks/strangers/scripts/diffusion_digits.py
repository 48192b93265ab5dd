from denoising_diffusion_pytorch import GaussianDiffusion, Trainer, Unet

model = Unet(dim=8, dim_mults=(1, 2), channels=1, flash_attn=False)
diffusion = GaussianDiffusion(model, image_size=8, timesteps=20)
trainer = Trainer(
    diffusion,
    "images",
    train_batch_size=8,
    train_lr=8e-5,
    train_num_steps=400,
    gradient_accumulate_every=2,
    ema_decay=0.995,
    amp=False,
    calculate_fid=False,
    save_and_sample_every=400,
    num_samples=4,
)
trainer.train()
