import gymnasium as gym
from stable_baselines3 import PPO

env = gym.make("CartPole-v1")
model = PPO("MlpPolicy", env, n_steps=256, n_epochs=5, verbose=1, device="cpu")
model.learn(total_timesteps=12_000)
